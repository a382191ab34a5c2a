/* SPDX-License-Identifier: MIT
 *
 * The text of the definitions (see definitions.h), put together by the compiler
 * from the two tables: there is nothing to keep in step by hand.
 */
#include "definitions.h"

#include <string.h>

const char coil__trace_definitions_text[] =
#define V(name, value, text) " " text
#define ENUM(name, values) "enum " #name values "\n"
#define F(type, name) " " #name ":" #type
#define T(name) " " #name ":text"
#define EVENT(number, name, tag, fields, doc) \
	"event " #number " " #name " " #tag fields "\n"
#include "events.def"
#undef V
#undef F
#undef T
	"errors"
#define X(code, name, text) " " name
#include <coil/errors.def>
#undef X
	"\n";

size_t coil__trace_definitions(char *buffer, size_t size)
{
	size_t length = sizeof(coil__trace_definitions_text) - 1;

	if (size > 0) {
		size_t copied = length < size ? length : size - 1;

		memcpy(buffer, coil__trace_definitions_text, copied);
		buffer[copied] = '\0';
	}
	return length;
}
