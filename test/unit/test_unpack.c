/*-------------------------------------------------------------------------
 *
 * test_unpack.c
 *	  gzip and ZIP, in pieces of every size, cut off everywhere, damaged, and made
 *	  to do harm.
 *
 *-------------------------------------------------------------------------
 */
#include "gateway/unpack.h"

#include "archive.h"
#include "unit.h"

#define SIZE_MAX_ALLOWED (4 * 1024 * 1024)

/* clang-format off */
/* jar cM: deflated, sizes behind each file */
static const unsigned char java_zip[] = {
	0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x08, 0x08, 0x08, 0x00, 0x0b, 0x0f, 0x7d, 0x5d, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00, 0x04, 0x00, 0x61, 0x2e,
	0x63, 0x73, 0x76, 0xfe, 0xca, 0x00, 0x00, 0xcb, 0xcf, 0x4b, 0xe5, 0x2a, 0x29, 0xcf, 0xe7, 0xca,
	0xc7, 0x41, 0x03, 0x00, 0x50, 0x4b, 0x07, 0x08, 0x8c, 0xf6, 0x07, 0x37, 0x0d, 0x00, 0x00, 0x00,
	0x20, 0x00, 0x00, 0x00, 0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x08, 0x08, 0x08, 0x00, 0x0b, 0x0f,
	0x7d, 0x5d, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x00,
	0x00, 0x00, 0x62, 0x2e, 0x63, 0x73, 0x76, 0x2b, 0xc9, 0x28, 0x4a, 0x4d, 0xe5, 0x02, 0x00, 0x50,
	0x4b, 0x07, 0x08, 0xd8, 0xc5, 0x46, 0xff, 0x08, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x50,
	0x4b, 0x01, 0x02, 0x14, 0x00, 0x14, 0x00, 0x08, 0x08, 0x08, 0x00, 0x0b, 0x0f, 0x7d, 0x5d, 0x8c,
	0xf6, 0x07, 0x37, 0x0d, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x05, 0x00, 0x04, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x61, 0x2e, 0x63,
	0x73, 0x76, 0xfe, 0xca, 0x00, 0x00, 0x50, 0x4b, 0x01, 0x02, 0x14, 0x00, 0x14, 0x00, 0x08, 0x08,
	0x08, 0x00, 0x0b, 0x0f, 0x7d, 0x5d, 0xd8, 0xc5, 0x46, 0xff, 0x08, 0x00, 0x00, 0x00, 0x06, 0x00,
	0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x44, 0x00, 0x00, 0x00, 0x62, 0x2e, 0x63, 0x73, 0x76, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00,
	0x00, 0x02, 0x00, 0x02, 0x00, 0x6a, 0x00, 0x00, 0x00, 0x7f, 0x00, 0x00, 0x00, 0x00, 0x00,
};

/* Info-ZIP's zip: sizes in front, extra fields, the second file stored */
static const unsigned char info_zip[] = {
	0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x0c, 0x0f, 0x7d, 0x5d, 0x8c, 0xf6,
	0x07, 0x37, 0x0d, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x05, 0x00, 0x1c, 0x00, 0x61, 0x2e,
	0x63, 0x73, 0x76, 0x55, 0x54, 0x09, 0x00, 0x03, 0x47, 0x86, 0x0b, 0x6b, 0x7b, 0x86, 0x0b, 0x6b,
	0x75, 0x78, 0x0b, 0x00, 0x01, 0x04, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0xcb,
	0xcf, 0x4b, 0xe5, 0x2a, 0x29, 0xcf, 0xe7, 0xca, 0xc7, 0x41, 0x03, 0x00, 0x50, 0x4b, 0x03, 0x04,
	0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0f, 0x7d, 0x5d, 0xd8, 0xc5, 0x46, 0xff, 0x06, 0x00,
	0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x05, 0x00, 0x1c, 0x00, 0x62, 0x2e, 0x63, 0x73, 0x76, 0x55,
	0x54, 0x09, 0x00, 0x03, 0x47, 0x86, 0x0b, 0x6b, 0x7b, 0x86, 0x0b, 0x6b, 0x75, 0x78, 0x0b, 0x00,
	0x01, 0x04, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x74, 0x68, 0x72, 0x65, 0x65,
	0x0a, 0x50, 0x4b, 0x01, 0x02, 0x1e, 0x03, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x0c, 0x0f, 0x7d,
	0x5d, 0x8c, 0xf6, 0x07, 0x37, 0x0d, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x05, 0x00, 0x18,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0xa4, 0x81, 0x00, 0x00, 0x00, 0x00, 0x61,
	0x2e, 0x63, 0x73, 0x76, 0x55, 0x54, 0x05, 0x00, 0x03, 0x47, 0x86, 0x0b, 0x6b, 0x75, 0x78, 0x0b,
	0x00, 0x01, 0x04, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x50, 0x4b, 0x01, 0x02,
	0x1e, 0x03, 0x0a, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0c, 0x0f, 0x7d, 0x5d, 0xd8, 0xc5, 0x46, 0xff,
	0x06, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x05, 0x00, 0x18, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x01, 0x00, 0x00, 0x00, 0xa4, 0x81, 0x4c, 0x00, 0x00, 0x00, 0x62, 0x2e, 0x63, 0x73, 0x76, 0x55,
	0x54, 0x05, 0x00, 0x03, 0x47, 0x86, 0x0b, 0x6b, 0x75, 0x78, 0x0b, 0x00, 0x01, 0x04, 0x00, 0x00,
	0x00, 0x00, 0x04, 0x00, 0x00, 0x00, 0x00, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00, 0x00, 0x02,
	0x00, 0x02, 0x00, 0x96, 0x00, 0x00, 0x00, 0x91, 0x00, 0x00, 0x00, 0x00, 0x00,
};

/* GNU gzip -9: a name in the header */
static const unsigned char gnu_gzip[] = {
	0x1f, 0x8b, 0x08, 0x08, 0x47, 0x86, 0x0b, 0x6b, 0x02, 0x03, 0x61, 0x2e, 0x63, 0x73, 0x76, 0x00,
	0xcb, 0xcf, 0x4b, 0xe5, 0x2a, 0x29, 0xcf, 0xe7, 0xca, 0xc7, 0x41, 0x03, 0x00, 0x8c, 0xf6, 0x07,
	0x37, 0x20, 0x00, 0x00, 0x00,
};

/* clang-format on */

#define FOUR_TIMES "one\ntwo\none\ntwo\none\ntwo\none\ntwo\n"
#define TWO_FILES "[a.csv]" FOUR_TIMES "[/][b.csv]three\n[/]"

static Archive archive;

/* What came out, as text: [name]content[/]. */
static char told[2 * 1024 * 1024];
static size_t told_size;

static void
tell(const char *before, Bytes piece, const char *behind)
{
	assert_true(told_size + piece.size + 8 < sizeof(told));
	told_size += (size_t) snprintf(told + told_size, 8, "%s", before);
	memcpy(told + told_size, piece.data, piece.size);
	told_size += piece.size;
	told_size += (size_t) snprintf(told + told_size, 8, "%s", behind);
}

/* Reads what is in packed; false where it is refused. */
static bool
feed(Unpack *unpack, Bytes packed)
{
	Bytes piece;

	for (;;)
		switch (unpack_next(unpack, &packed, &piece))
		{
			case UNPACK_HUNGRY:
				assert_true(packed.size == 0);
				return true;
			case UNPACK_FILE:
				tell("[", piece, "]");
				break;
			case UNPACK_PIECE:
				assert_true(piece.size > 0 && piece.size <= UNPACK_PIECE_BYTES_MAX);
				tell("", piece, "");
				break;
			case UNPACK_FILE_END:
				tell("[/]", (Bytes){"", 0}, "");
				break;
			case UNPACK_REFUSED:
				return false;
		}
}

/* Unpacks in pieces of so many bytes; true where it came whole. Each in a block of its own. */
static bool
unpack_by(UnpackFormat format, Bytes packed, size_t step, int64_t size_max)
{
	Unpack *unpack = unpack_open(format, size_max);
	bool is_whole = true;

	told_size = 0;
	for (size_t at = 0; at < packed.size && is_whole; at += step)
	{
		size_t size = packed.size - at < step ? packed.size - at : step;
		char *block = malloc(size);

		memcpy(block, packed.data + at, size);
		is_whole = feed(unpack, (Bytes){block, size});
		free(block);
	}
	is_whole = is_whole && unpack_is_whole(unpack);
	unpack_free(unpack);
	told[told_size] = '\0';
	return is_whole;
}

static bool
unpacks(UnpackFormat format, Bytes packed)
{
	return unpack_by(format, packed, packed.size + 1, SIZE_MAX_ALLOWED);
}

static Bytes
made(void)
{
	return (Bytes){archive.data, archive.size};
}

static const struct
{
	UnpackFormat format;
	Bytes packed;
	const char *told;
} vectors[] = {
	{UNPACK_ZIP, {(const char *) java_zip, sizeof(java_zip)}, TWO_FILES},
	{UNPACK_ZIP, {(const char *) info_zip, sizeof(info_zip)}, TWO_FILES},
	{UNPACK_GZIP, {(const char *) gnu_gzip, sizeof(gnu_gzip)}, "[]" FOUR_TIMES "[/]"},
};

static void
test_vectors(void **state)
{
	(void) state;
	for (size_t i = 0; i < LENGTH(vectors); i++)
		for (size_t step = 1; step <= vectors[i].packed.size; step++)
		{
			assert_true(unpack_by(vectors[i].format, vectors[i].packed, step, SIZE_MAX_ALLOWED));
			assert_string_equal(told, vectors[i].told);
		}
}

static void
test_cut_off(void **state)
{
	(void) state;
	for (size_t i = 0; i < LENGTH(vectors); i++)
		for (size_t size = 0; size < vectors[i].packed.size; size++)
			assert_false(unpacks(vectors[i].format, (Bytes){vectors[i].packed.data, size}));
}

static void
test_more_behind(void **state)
{
	(void) state;
	for (size_t i = 0; i < LENGTH(vectors); i++)
	{
		archive.size = 0;
		archive_add(&archive, vectors[i].packed.data, vectors[i].packed.size);
		archive_add(&archive, "", 1);
		assert_false(unpacks(vectors[i].format, made()));
		assert_false(unpack_by(vectors[i].format, made(), 1, SIZE_MAX_ALLOWED));
	}
}

/* Damage is refused, or is in what nobody reads: times, names, the directory. */
static void
test_damage(void **state)
{
	(void) state;
	for (size_t i = 0; i < LENGTH(vectors); i++)
		for (size_t bit = 0; bit < 8 * vectors[i].packed.size; bit++)
		{
			archive.size = 0;
			archive_add(&archive, vectors[i].packed.data, vectors[i].packed.size);
			archive.data[bit / 8] ^= (char) (1 << bit % 8);
			if (!unpacks(vectors[i].format, made()))
				continue;
			assert_int_equal(told_size, strlen(vectors[i].told));
			assert_non_null(strstr(told, FOUR_TIMES));
		}
}

/* Every way in which a file of a ZIP may be written. */
static void
test_ways(void **state)
{
	const Bytes content = bytes_of(FOUR_TIMES);
	const ArchiveFile ways[] = {
		{"deflated", content, .flags = 2},
		{"stored", content, .is_stored = true},
		{"behind", content, .has_descriptor = true, .flags = 0x0800},
		{"bare", content, .has_descriptor = true, .without_signature = true},
		{"empty", {"", 0}, .is_stored = true},
		{.name = "\xd2\xb5/../../etc", .content = {"", 0}},
	};

	(void) state;
	archive_zip(&archive, ways, LENGTH(ways), (ArchiveEnd){.comment = "made by hand"});
	for (size_t step = 1; step <= 80; step++)
	{
		assert_true(unpack_by(UNPACK_ZIP, made(), step, SIZE_MAX_ALLOWED));
		assert_string_equal(told, "[deflated]" FOUR_TIMES "[/][stored]" FOUR_TIMES
								  "[/][behind]" FOUR_TIMES "[/][bare]" FOUR_TIMES
								  "[/][empty][/][\xd2\xb5/../../etc][/]");
	}
	for (size_t size = 0; size < archive.size; size++)
		assert_false(unpacks(UNPACK_ZIP, (Bytes){archive.data, size}));
}

static void
test_refused(void **state)
{
	const Bytes content = bytes_of(FOUR_TIMES);
	const ArchiveFile files[] = {
		{"encrypted", content, .flags = 1},
		{"strong", content, .flags = 0x40},
		{"patched", content, .flags = 0x20},
		{"masked", content, .flags = 0x2000},
		{"deflate64", content, .method = 9},
		{"bzip2", content, .is_stored = true, .method = 12},
		{"aes", content, .method = 99},
		{"stored, of what size", content, .is_stored = true, .has_descriptor = true},
		{"stored, of another size", content, .is_stored = true, .size = 31},
		{"of another size", content, .size = 31},
		{"of another size behind", content, .has_descriptor = true, .size = 31},
		{"zip64", content, .packed_size = 0xffffffff, .size = 0xffffffff},
		{"of another size packed", content, .packed_size = 1},
		{"of another size packed behind", content, .has_descriptor = true, .packed_size = 1},
		{"too long", content, .size = SIZE_MAX_ALLOWED + 1},
		{"of another sum", content, .crc = 1},
		{"of another sum behind", content, .has_descriptor = true, .crc = 1},
		{"stored, of another sum", content, .is_stored = true, .crc = 1},
		{.name = "", .content = content},
	};

	(void) state;
	for (size_t i = 0; i < LENGTH(files); i++)
	{
		archive_zip(&archive, &files[i], 1, (ArchiveEnd){0});
		assert_false(unpacks(UNPACK_ZIP, made()));
	}
}

static void
test_bad_ends(void **state)
{
	static const ArchiveEnd ends[] = {{.disk = 1},	{.directory_disk = 1}, {.files_here = 3},
									  {.files = 3}, {.directory = 1},	   {.directory = 3}};
	const ArchiveFile file = {.name = "a", .content = bytes_of("a\n")};
	ArchiveFile many[UNPACK_FILES_MAX + 1];

	(void) state;
	for (size_t i = 0; i < LENGTH(many); i++)
		many[i] = file;
	for (size_t i = 0; i < LENGTH(ends); i++)
	{
		archive_zip(&archive, many, 2, ends[i]);
		assert_false(unpacks(UNPACK_ZIP, made()));
	}
	archive_zip(&archive, NULL, 0, (ArchiveEnd){0});
	assert_false(unpacks(UNPACK_ZIP, made()));
	archive_zip(&archive, many, UNPACK_FILES_MAX, (ArchiveEnd){0});
	assert_true(unpacks(UNPACK_ZIP, made()));
	archive_zip(&archive, many, UNPACK_FILES_MAX + 1, (ArchiveEnd){0});
	assert_false(unpacks(UNPACK_ZIP, made()));
	/* A file behind the directory. */
	archive.size = 0;
	for (int i = 0; i < 2; i++)
	{
		archive_file(&archive, &file);
		archive_directory(&archive, &file, 1);
	}
	archive_end(&archive, 2, (ArchiveEnd){0});
	assert_false(unpacks(UNPACK_ZIP, made()));
}

/* A thousandth of what it becomes: it is stopped where it becomes too much, not later. */
static void
test_bombs(void **state)
{
	const Bytes zeros = {calloc(1, 1024 * 1024), 1024 * 1024};
	const ArchiveFile file = {"zeros", zeros, .has_descriptor = true};

	(void) state;
	archive_gzip(&archive, zeros);
	assert_true(archive.size < 2048);
	assert_true(unpack_by(UNPACK_GZIP, made(), archive.size, 1024 * 1024));
	assert_false(unpack_by(UNPACK_GZIP, made(), archive.size, 1024 * 1024 - 1));
	assert_false(unpack_by(UNPACK_GZIP, made(), archive.size, 1000));
	assert_true(told_size <= 1000);
	archive_zip(&archive, (ArchiveFile[]){file, file}, 2, (ArchiveEnd){0});
	assert_false(unpack_by(UNPACK_ZIP, made(), archive.size, 1024 * 1024 + 1000));
	assert_true(told_size <= 1024 * 1024 + 1100);
	free((void *) zeros.data);
}

static void
test_no_archive(void **state)
{
	static const char *const texts[] = {"", "{\"code\":\"NO_AUTH\"}", "PK", "PK\x05\x06",
										"\x1f\x8b"};

	(void) state;
	for (size_t i = 0; i < LENGTH(texts); i++)
	{
		assert_false(unpacks(UNPACK_GZIP, bytes_of(texts[i])));
		assert_false(unpacks(UNPACK_ZIP, bytes_of(texts[i])));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vectors),		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_more_behind), cmocka_unit_test(test_damage),
		cmocka_unit_test(test_ways),		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_bad_ends),	cmocka_unit_test(test_bombs),
		cmocka_unit_test(test_no_archive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
