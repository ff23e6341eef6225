/*-------------------------------------------------------------------------
 *
 * driver.c
 *	  Runs a fuzzer without libFuzzer: all seeds, then so many mutations of them,
 *	  the same in every run.
 *
 *	  fuzz_NAME RUNS SEED_DIR [RANDOM_SEED]
 *
 * An input that crashes, or breaks a MUST(), is written to stderr in hexadecimal,
 * with its hash. So is one that takes longer than a second.
 *
 *-------------------------------------------------------------------------
 */
#include "fuzz.h"

#include <dirent.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#define SEEDS_MAX 1000
#define INPUT_BYTES_MAX (8 * 1024)
#define SECONDS_PER_INPUT 1.0

static Bytes seeds[SEEDS_MAX];
static size_t seeds_count;

static uint8_t input[INPUT_BYTES_MAX];
static size_t input_size;

/* splitmix64: a failure happens again. */
static uint64_t random_state = UINT64_C(20261122);

static uint64_t
random_next(void)
{
	uint64_t z = (random_state += UINT64_C(0x9E3779B97F4A7C15));

	z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
	return z ^ (z >> 31);
}

static size_t
random_below(size_t limit)
{
	return (size_t) (random_next() % limit);
}

/* ---- what is said of an input that fails ---------------------------------- */

/* FNV-1a. */
static uint64_t
hash_of(const uint8_t *bytes, size_t size)
{
	uint64_t hash = UINT64_C(14695981039346656037);

	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(1099511628211);
	return hash;
}

/* Not by stdio, which may be what was interrupted. */
static void
write_hex(const uint8_t *bytes, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	char text[2];

	for (size_t i = 0; i < size; i++)
	{
		text[0] = digits[bytes[i] / 16];
		text[1] = digits[bytes[i] % 16];
		if (write(STDERR_FILENO, text, sizeof(text)) < 0)
			return;
	}
}

static void
say_input(void)
{
	static bool is_said;
	char text[80];
	int size = snprintf(text, sizeof(text), "\ninput %016llx, %zu bytes: ",
						(unsigned long long) hash_of(input, input_size), input_size);

	if (is_said || write(STDERR_FILENO, text, (size_t) size) < 0)
		return;
	is_said = true;
	write_hex(input, input_size);
	(void) !write(STDERR_FILENO, "\n", 1);
}

/* gcc's UBSan knows no callback of ASan's, but can abort. */
extern const char *__ubsan_default_options(void);

const char *
__ubsan_default_options(void)
{
	return "abort_on_error=1:print_stacktrace=1";
}

/* ASan calls it, where it is linked in, before it ends the program. */
extern void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

static void
on_abort(int signal_number)
{
	say_input();
	signal(signal_number, SIG_DFL);
	raise(signal_number);
}

static void
watch(void)
{
	signal(SIGABRT, on_abort);
	signal(SIGALRM, on_abort);
	if (__sanitizer_set_death_callback)
		__sanitizer_set_death_callback(say_input);
}

/* ---- seeds ---------------------------------------------------------------- */

static bool
read_seed(const char *path)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(INPUT_BYTES_MAX);
	size_t size;

	if (file == NULL || bytes == NULL)
	{
		if (file)
			(void) fclose(file);
		free(bytes);
		return false;
	}
	size = fread(bytes, 1, INPUT_BYTES_MAX, file);
	(void) fclose(file);
	seeds[seeds_count++] = (Bytes){(const char *) bytes, size};
	return true;
}

static int
not_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* In the order of their names, so that runs are alike. */
static bool
read_seeds(const char *directory)
{
	struct dirent **entries;
	int count = scandir(directory, &entries, not_hidden, alphasort);
	bool all_read = count > 0;

	for (int i = 0; i < count; i++)
	{
		char path[4096];

		(void) snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		all_read = all_read && seeds_count < SEEDS_MAX && read_seed(path);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	return all_read;
}

static void
free_seeds(void)
{
	for (size_t i = 0; i < seeds_count; i++)
		free((void *) seeds[i].data);
}

/* ---- mutations ------------------------------------------------------------ */

/* Makes room for bytes, or takes them away. */
static bool
resize_at(size_t at, size_t removed, size_t added)
{
	if (input_size - removed + added > INPUT_BYTES_MAX)
		return false;
	memmove(input + at + added, input + at + removed, input_size - at - removed);
	input_size = input_size - removed + added;
	return true;
}

static void
flip_bit(void)
{
	if (input_size > 0)
		input[random_below(input_size)] ^= (uint8_t) (1u << random_below(8));
}

static void
set_byte(void)
{
	static const char likely[] = "\"\\{}[],:=&%+-0129eE.\n\r \t/\x00\x7f\x80\xff";

	if (input_size > 0)
		input[random_below(input_size)] = random_below(2)
											  ? (uint8_t) likely[random_below(sizeof(likely) - 1)]
											  : (uint8_t) random_next();
}

static void
insert_bytes(void)
{
	size_t at = random_below(input_size + 1);
	size_t count = 1 + random_below(random_below(20) ? 4 : 200);
	uint8_t byte = (uint8_t) random_next();

	if (resize_at(at, 0, count))
		memset(input + at, byte, count);
}

static void
remove_bytes(void)
{
	size_t at = random_below(input_size + 1);

	(void) resize_at(at, random_below(input_size - at + 1) % (1 + random_below(32)), 0);
}

static void
duplicate_bytes(void)
{
	size_t from = random_below(input_size + 1);
	size_t count = random_below(input_size - from + 1) % (1 + random_below(300));
	uint8_t copied[INPUT_BYTES_MAX];
	size_t at = random_below(input_size + 1);

	memcpy(copied, input + from, count);
	if (resize_at(at, 0, count))
		memcpy(input + at, copied, count);
}

/* The begin of this one, and the end of a seed. */
static void
splice(void)
{
	Bytes other = seeds[random_below(seeds_count)];
	size_t kept = random_below(input_size + 1);
	size_t from = random_below(other.size + 1);

	if (kept + other.size - from > INPUT_BYTES_MAX)
		return;
	memcpy(input + kept, other.data + from, other.size - from);
	input_size = kept + other.size - from;
}

/* Puts a text in the place of digits, or anywhere. */
static void
insert_number(void)
{
	static const char *const numbers[] = {
		"0",
		"-1",
		"1",
		"99999999999",
		"100000000000",
		"999999999.99",
		"1000000000",
		"9223372036854775807",
		"9223372036854775808",
		"-9223372036854775808",
		"2147483648",
		"4294967296",
		"0.001",
		"1e2",
		"1e-2",
		"1e99",
		"0000-00-00",
		"2000-01-01 00:00:00",
		"2999-12-31T23:59:59-14:00",
		"2024-02-29",
		"%00",
		"%26",
		"\\u0000",
		"\\u0061",
		"\xef\xbf\xbf",
		"null",
		"true",
	};
	const char *number = numbers[random_below(LENGTH(numbers))];
	size_t at = random_below(input_size + 1);
	size_t digits = 0;

	while (at + digits < input_size && input[at + digits] >= '0' && input[at + digits] <= '9')
		digits++;
	if (resize_at(at, digits, strlen(number)))
		memcpy(input + at, number, strlen(number));
}

static void
truncate_input(void)
{
	input_size = random_below(input_size + 1);
}

static void
mutate(void)
{
	static void (*const mutations[])(void) = {flip_bit,		set_byte,	   set_byte,
											  insert_bytes, remove_bytes,  duplicate_bytes,
											  splice,		insert_number, insert_number};

	for (size_t left = 1 + random_below(random_below(4) ? 3 : 12); left > 0; left--)
		mutations[random_below(LENGTH(mutations))]();
	if (random_below(30) == 0)
		truncate_input();
}

/* ---- runs ----------------------------------------------------------------- */

static double slowest_s;

static double
now_s(void)
{
	struct timespec now;

	(void) clock_gettime(CLOCK_MONOTONIC, &now);
	return (double) now.tv_sec + (double) now.tv_nsec / 1e9;
}

/* An alarm ends what hangs; what is slow and ends is found by the clock. */
static void
run(void)
{
	double began_s = now_s();
	double took_s;

	(void) alarm(10);
	(void) LLVMFuzzerTestOneInput(input, input_size);
	took_s = now_s() - began_s;
	if (took_s > slowest_s)
		slowest_s = took_s;
	if (took_s > SECONDS_PER_INPUT)
	{
		fprintf(stderr, "took %.1f s\n", took_s);
		say_input();
		exit(1);
	}
}

static void
take_seed(size_t i)
{
	memcpy(input, seeds[i].data, seeds[i].size);
	input_size = seeds[i].size;
}

int
main(int count, char **arguments)
{
	unsigned long runs = count > 2 ? strtoul(arguments[1], NULL, 10) : 0;
	const char *name = strrchr(arguments[0], '/') ? strrchr(arguments[0], '/') + 1 : arguments[0];

	if (count < 3 || !read_seeds(arguments[2]))
	{
		fprintf(stderr, "usage: %s RUNS SEED_DIR [RANDOM_SEED]\n", name);
		return 2;
	}
	if (count > 3)
		random_state = strtoull(arguments[3], NULL, 10);
	watch();
	for (size_t i = 0; i < seeds_count; i++)
	{
		take_seed(i);
		run();
	}
	for (unsigned long i = 0; i < runs; i++)
	{
		take_seed(random_below(seeds_count));
		mutate();
		run();
	}
	printf("%s: %zu seeds, %lu mutations, slowest %.3f s\n", name, seeds_count, runs, slowest_s);
	free_seeds();
	return 0;
}
