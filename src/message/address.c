/*-------------------------------------------------------------------------
 *
 * address.c
 *	  The registries of special-purpose addresses of IANA, as prefixes.
 *
 *-------------------------------------------------------------------------
 */
#include "message/address.h"

#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

typedef struct Prefix
{
	unsigned char bytes[ADDRESS_V6_BYTES];
	int bits;
} Prefix;

static const Prefix special_v4[] = {
	{{0}, 8},			 /* this network */
	{{10}, 8},			 /* private */
	{{100, 64}, 10},	 /* shared, behind carriers' NAT */
	{{127}, 8},			 /* loopback */
	{{169, 254}, 16},	 /* link-local, where clouds tell their secrets */
	{{172, 16}, 12},	 /* private */
	{{192, 0, 0}, 24},	 /* of protocols */
	{{192, 0, 2}, 24},	 /* documentation */
	{{192, 88, 99}, 24}, /* relays of 6to4 */
	{{192, 168}, 16},	 /* private */
	{{198, 18}, 15},	 /* benchmarks */
	{{198, 51, 100}, 24},
	{{203, 0, 113}, 24}, /* documentation, as the one before */
	{{224}, 4},			 /* multicast */
	{{240}, 4},			 /* reserved, and broadcast */
};

/* All that is anybody's is in here, */
static const Prefix global_v6 = {{0x20}, 3};

/* and not in one of these. */
static const Prefix special_v6[] = {
	{{0x20, 0x01}, 23},				/* of protocols, Teredo too */
	{{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
	{{0x20, 0x02}, 16},				/* 6to4 */
	{{0x3f, 0xff}, 20},				/* documentation */
};

/* NAT64, which has an IPv4 address behind it. */
static const Prefix nat64 = {{0x00, 0x64, 0xff, 0x9b}, 96};

static bool
is_in(const unsigned char *bytes, const Prefix *prefix)
{
	int whole = prefix->bits / 8;
	int rest = prefix->bits % 8;

	return memcmp(bytes, prefix->bytes, (size_t) whole) == 0 &&
		   (rest == 0 || (bytes[whole] ^ prefix->bytes[whole]) >> (8 - rest) == 0);
}

static bool
is_in_any(const unsigned char *bytes, const Prefix *prefixes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (is_in(bytes, &prefixes[i]))
			return true;
	return false;
}

bool
address_is_public(const unsigned char *bytes, size_t size)
{
	if (size == ADDRESS_V4_BYTES)
		return !is_in_any(bytes, special_v4, LENGTH(special_v4));
	if (size != ADDRESS_V6_BYTES)
		return false;
	if (is_in(bytes, &nat64))
		return address_is_public(bytes + nat64.bits / 8, ADDRESS_V4_BYTES);
	return is_in(bytes, &global_v6) && !is_in_any(bytes, special_v6, LENGTH(special_v6));
}
