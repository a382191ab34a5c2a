/* SPDX-License-Identifier: MIT
 *
 * A parcel on the wire: a head, then what the head says that it has.  The members of a
 * group of errors follow, each a parcel.  See process_wire.h.
 *
 * What comes is not trusted further than that it cannot harm the reader: a worker whose
 * memory was spoilt may send anything.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "executor/process_wire.h"

#define MAGIC UINT32_C(0x6c637270)

enum { HAS_DETAIL = 1, HAS_BYTES = 2, HAS_ITEMS = 4 };

struct head {
	uint32_t magic;
	uint32_t has;
	int64_t error;
	int64_t word;    /* a result's: number, real, or pointer; for bytes nothing */
	uint64_t size;   /* of the bytes     */
	uint64_t count;  /* of the members   */
};

/* ---- sending ----------------------------------------------------------- */

static struct head head_of(const struct parcel *parcel, bool with_items)
{
	struct head head = { .magic = MAGIC, .error = parcel->result.error };

	if (!parcel->result.error)
		head.word = parcel->result.number;
	if (parcel->detail)
		head.has |= HAS_DETAIL;
	if (parcel->bytes) {
		head.has |= HAS_BYTES;
		head.size = parcel->size;
	}
	if (parcel->items && with_items) {
		head.has |= HAS_ITEMS;
		head.count = parcel->items->count;
	}
	return head;
}

/* Nothing of it goes that was not set. */
static void copy_detail(struct parcel_detail *to, const struct parcel_detail *from)
{
	uint32_t awaits = from->awaits_count < EXCEPTION_AWAITS ? from->awaits_count :
								  EXCEPTION_AWAITS;

	memset(to, 0, sizeof(*to));
	to->site = from->site;
	to->awaits_count = from->awaits_count;
	memcpy(to->awaits, from->awaits, awaits * sizeof(*to->awaits));
	strcpy(to->message, from->message);
}

static int send_head(const struct wire *wire, const struct parcel *parcel,
		     const struct head *head)
{
	struct head copy = *head;
	struct parcel_detail detail;
	struct iovec pieces[] = {
		{ &copy, sizeof(copy) }, { &detail, 0 }, { parcel->bytes, (size_t)head->size },
	};

	if (parcel->detail) {
		copy_detail(&detail, parcel->detail);
		pieces[1].iov_len = sizeof(detail);
	}
	return coil__wire_send(wire, pieces, 3);
}

static int send_parcel(const struct wire *wire, const struct parcel *parcel, int depth)
{
	struct head head = head_of(parcel, depth < PARCEL_DEPTH);
	int error = send_head(wire, parcel, &head);

	for (size_t i = 0; i < head.count && !error; i++)
		error = send_parcel(wire, &parcel->items->at[i], depth + 1);
	return error;
}

int coil__wire_send_parcel(const struct wire *wire, const struct parcel *parcel)
{
	return send_parcel(wire, parcel, 0);
}

/* ---- receiving --------------------------------------------------------- */

/* SIZE bytes into new memory at *TO; without memory they are skipped: *LACKS. */
static int receive_new(const struct wire *wire, void **to, uint64_t size, bool *lacks)
{
	*to = malloc(size ? (size_t)size : 1);
	if (*to)
		return coil__wire_receive(wire, *to, (size_t)size);
	*lacks = true;
	return coil__wire_skip(wire, size);
}

static int receive_detail(const struct wire *wire, struct parcel *parcel, bool *lacks)
{
	void *detail;
	int error = receive_new(wire, &detail, sizeof(*parcel->detail), lacks);

	parcel->detail = detail;
	if (detail)
		parcel->detail->message[sizeof(parcel->detail->message) - 1] = '\0';
	return error;
}

static int receive_bytes(const struct wire *wire, const struct head *head,
			 struct parcel *parcel, bool *lacks)
{
	parcel->size = (size_t)head->size;
	return receive_new(wire, &parcel->bytes, head->size, lacks);
}

static int receive_parcel(const struct wire *wire, struct parcel *parcel, int depth);

static int receive_items(const struct wire *wire, const struct head *head,
			 struct parcel *parcel, int depth, bool *lacks)
{
	struct parcel_list *items = NULL;
	int error = depth == PARCEL_DEPTH ? EPROTO : 0;

	if (head->count < SIZE_MAX / sizeof(*parcel) - 1)
		items = calloc(1, sizeof(*items) + (size_t)head->count * sizeof(*parcel));
	if (items)
		items->count = (size_t)head->count;
	else
		*lacks = true;
	parcel->items = items;
	for (uint64_t i = 0; i < head->count && !error; i++) {
		struct parcel scrap = { .size = 0 };

		error = receive_parcel(wire, items ? &items->at[i] : &scrap, depth + 1);
		coil__parcel_free(&scrap);
	}
	return error;
}

/* On an error there is nothing in PARCEL. */
static int receive_parcel(const struct wire *wire, struct parcel *parcel, int depth)
{
	struct head head;
	bool lacks = false;
	int error = coil__wire_receive(wire, &head, sizeof(head));

	*parcel = (struct parcel){ .size = 0 };
	if (error)
		return error;
	if (head.magic != MAGIC)
		return EPROTO;
	parcel->result.error = (int)head.error;
	parcel->result.number = head.word;
	if (head.has & HAS_DETAIL)
		error = receive_detail(wire, parcel, &lacks);
	if (!error && head.has & HAS_BYTES)
		error = receive_bytes(wire, &head, parcel, &lacks);
	if (!error && head.has & HAS_ITEMS)
		error = receive_items(wire, &head, parcel, depth, &lacks);
	if (error || lacks) {
		coil__parcel_free(parcel);
		*parcel = (struct parcel){ .result.error = lacks ? COIL_MEMORY : COIL_OK };
	}
	return error;
}

int coil__wire_receive_parcel(const struct wire *wire, struct parcel *parcel)
{
	return receive_parcel(wire, parcel, 0);
}
