/*-------------------------------------------------------------------------
 *
 * address.h
 *	  Which addresses of the internet a stranger's name may lead to.
 *
 *-------------------------------------------------------------------------
 */
#ifndef MESSAGE_ADDRESS_H
#define MESSAGE_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>

#define ADDRESS_V4_BYTES 4
#define ADDRESS_V6_BYTES 16

/*
 * True for an address (its bytes as they go over the network) that is anybody's: not
 * private, shared, loopback, link-local, multicast, reserved, or for documentation; of IPv6
 * global unicast alone, and nothing that has an IPv4 address in it but NAT64's (64:ff9b::/96)
 * of one that is public.
 */
extern bool address_is_public(const unsigned char *bytes, size_t size);

#endif
