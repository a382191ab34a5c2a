/* SPDX-License-Identifier: MIT
 *
 * What a run remembers: its variables, and the objects it keeps until it ends.
 * See play_run.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/object.h"
#include "play_run.h"

/* ---- the run is over -------------------------------------------------------------------- */

static void leave(struct run *run)
{
	run->over = true;
	coil_loop_stop(run->loop);
}

void coil__run_at_limit(struct run *run)
{
	run->at_limit = true;
	leave(run);
}

void coil__run_no_memory(struct run *run)
{
	run->no_memory = true;
	leave(run);
}

/* ---- what stays until then --------------------------------------------------------------- */

void *coil__run_take(struct run *run, size_t size)
{
	void *memory = coil__arena_take(&run->arena, size ? size : 1);

	if (!memory)
		coil__run_no_memory(run);
	return memory;
}

/* Room for one more of SIZE bytes in *ARRAY. */
static bool grow(struct run *run, void **array, size_t count, size_t *room, size_t size)
{
	size_t more = *room ? 2 * *room : 64;
	void *grown;

	if (count < *room)
		return true;
	grown = realloc(*array, more * size);
	if (!grown) {
		coil__run_no_memory(run);
		return false;
	}
	*array = grown;
	*room = more;
	return true;
}

/* Without memory the object goes, and its handle is stale; but then the run is over. */
void coil__run_keep(struct run *run, void *object)
{
	if (grow(run, (void **)&run->kept, run->kept_count, &run->kept_room, sizeof object))
		run->kept[run->kept_count++] = object;
	else
		coil_release(object);
}

void coil__run_retain(struct run *run, const void *object)
{
	if (object)
		coil__run_keep(run, (void *)(uintptr_t)coil_retain(object));
}

void coil__run_meet(struct run *run, coil_task *task)
{
	coil__run_retain(run, task);
	if (grow(run, (void **)&run->tasks, run->task_count, &run->task_room, sizeof task))
		run->tasks[run->task_count++] = task;
}

coil_result coil__run_hold(struct run *run, coil_result result)
{
	if (result.error == COIL_MEMORY)
		coil__run_no_memory(run);
	if (result.error)
		coil__run_retain(run, result.exception);
	else
		coil__run_retain(run, value_foreign_list(result.value));
	return result;
}

/* ---- variables ----------------------------------------------------------------------------- */

coil_result coil__run_set(struct run *run, const struct argument *variable,
			  enum thing thing, void *object)
{
	if (!object)
		return coil__run_hold(run, coil_last_error());
	coil__run_keep(run, object);
	run->variables[variable->name] = (struct variable){ thing, object };
	return coil_ok(NULL);
}

static bool is_task(const coil_future *future)
{
	const struct object *object = handle_open(future);

	return object && object->kind == OBJECT_TASK;
}

static bool is_known(const struct run *run, const coil_future *future)
{
	for (size_t i = 0; i < run->made_count; i++)
		if (run->made[i].future == future)
			return true;
	return false;
}

coil_result coil__run_set_future(struct run *run, const struct argument *variable,
				 coil_future *future)
{
	bool task = is_task(future);

	if (future && !task && !is_known(run, future) &&
	    grow(run, (void **)&run->made, run->made_count, &run->made_room,
		 sizeof *run->made))
		run->made[run->made_count++] = (struct made){ future, variable->name };
	return coil__run_set(run, variable, task ? THING_TASK : THING_FUTURE, future);
}
