/* SPDX-License-Identifier: MIT
 *
 * The table of operations (play_ops.def), as C sees it.
 */
#include <string.h>

#include "command.h"
#include "play_exec.h"

#define OPERATION(name, arguments, section, function)                          \
	struct reply coil__op_##function(struct call *call);
#define CONTROL(name, arguments, function)                                     \
	struct outcome coil__block_##function(struct frame *frame,             \
					      const struct statement *statement);
#define BLOCK CONTROL
#include "play_ops.def"
#undef OPERATION
#undef CONTROL
#undef BLOCK

static const struct operation operations[] = {
#define OPERATION(name, arguments, section, function)                          \
	{ name, arguments, SECTION_##section, coil__op_##function, NULL },
#define CONTROL(name, arguments, function)                                     \
	{ name, arguments, SECTION_CONTROL, NULL, coil__block_##function },
#define BLOCK(name, arguments, function)                                       \
	{ name, arguments, SECTION_BLOCK, NULL, coil__block_##function },
#include "play_ops.def"
};

#define OPERATIONS (sizeof operations / sizeof *operations)

const struct operation *coil__operation(size_t i)
{
	return i < OPERATIONS ? &operations[i] : NULL;
}

const struct operation *coil__find_operation(const char *name, const char **nearest)
{
	const char *names[OPERATIONS];

	for (size_t i = 0; i < OPERATIONS; i++) {
		if (!strcmp(operations[i].name, name))
			return &operations[i];
		names[i] = operations[i].name;
	}
	*nearest = coil__nearest(name, names, OPERATIONS);
	return NULL;
}
