/* SPDX-License-Identifier: MIT
 *
 * Any bytes as the traces of two processes: each of the same bytes, so that all numbers
 * clash.  Whatever is held back, every event of both comes out, once, and the rebuilt
 * state holds.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "trace/check.h"
#include "trace/reader_print.h"
#include "trace/state.h"

#define VALIDATED 200 /* events: to validate costs as much as the state is large */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void ignore(const struct coil__violation *violation, void *unused)
{
	(void)unused;
	if (!violation->message[0])
		abort();
}

static uint64_t count(struct coil__reader *reader)
{
	struct coil__event event;
	uint64_t events = 0;

	while (coil__reader_next(reader, &event))
		events++;
	coil__reader_rewind(reader);
	return events;
}

static void check_all(struct coil__reader *reader, FILE *sink, uint64_t expected)
{
	struct coil__check *check = coil__check_create(ignore, NULL);
	struct coil__event event;
	uint64_t events = 0;

	for (; coil__reader_next(reader, &event); events++) {
		if (event.index != events + 1)
			abort();
		coil__check_event(check, &event);
		coil__print_event(sink, reader, NULL, &event);
		if (events < VALIDATED && coil__state_validate(coil__check_state(check)))
			abort();
	}
	if (events != expected || coil__state_validate(coil__check_state(check)))
		abort();
	coil__check_destroy(check);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static FILE *sink;
	struct coil__reader *reader;
	uint64_t events;
	char *error;

	if (!sink && !(sink = fopen("/dev/null", "w")))
		abort();
	reader = coil__reader_open_memory(data, size, "input", &error);
	if (!reader) {
		free(error);
		return 0;
	}
	events = count(reader);
	if (!coil__reader_add_memory(reader, data, size, "child", &error))
		abort(); /* it was a trace a moment ago */
	check_all(reader, sink, 2 * events);
	coil__reader_close(reader);
	return 0;
}
