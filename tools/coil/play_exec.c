/* SPDX-License-Identifier: MIT
 *
 * Statements, one after the other: an operation's arguments are looked up, it acts,
 * and its lines are written.  Blocks are in play_blocks.c, the operations in
 * play_now.c and play_await.c.  See play_exec.h.
 */
#include "play_exec.h"

#include "task/task.h"

/* ---- looking up -------------------------------------------------------------------- */

/* self is no variable: it is the task that runs. */
static bool look_up(struct run *run, const struct argument *argument, void **object)
{
	const struct variable *variable = &run->variables[argument->name];

	if (!strcmp(argument->word, "self")) {
		*object = argument->wanted & THING_TASK ? coil_current_task() : NULL;
		return *object;
	}
	*object = variable->object;
	return variable->thing & argument->wanted;
}

/* False: the operation is skipped. */
static bool resolve(struct call *call, const struct argument *argument,
		    struct operand *operand)
{
	struct frame *frame = call->frame;
	bool is_inline = call->statement->operation->section == SECTION_AROUND;

	operand->argument = argument;
	switch (argument->kind) {
	case ARGUMENT_THING:
		return look_up(call->run, argument, &operand->object);
	case ARGUMENT_ITEM:
		if (argument->body)
			operand->object = coil__new_coroutine(frame, argument->body,
							      argument->site, is_inline);
		else if (!look_up(call->run, argument, &operand->object))
			return false;
		else
			coil_retain_site(operand->object, call->site);
		return true;
	case ARGUMENT_VALUE:
		operand->value = argument->last ? frame->last : argument->none ? NULL :
				 value_of_number(argument->number);
		return true;
	default:
		operand->number = argument->number;
		return true;
	}
}

/* Names in a list that do not fit are left out. */
static bool resolve_all(struct call *call)
{
	const struct statement *statement = call->statement;

	call->operands = coil__run_take(call->run, statement->count * sizeof *call->operands);
	if (!call->operands)
		return false;
	for (size_t i = 0; i < statement->count; i++)
		if (resolve(call, &statement->arguments[i], &call->operands[call->count]))
			call->count++;
		else if (!statement->arguments[i].many)
			return false;
	return true;
}

static bool is_among(coil_awaitable *const *handles, size_t count, const void *handle)
{
	for (size_t i = 0; i < count; i++)
		if (handles[i] == handle)
			return true;
	return false;
}

coil_awaitable **coil__handles(const struct call *call, size_t first, bool once,
			       size_t *count)
{
	coil_awaitable **handles = coil__run_take(call->run,
						  call->count * sizeof *handles);

	*count = 0;
	for (size_t i = first; handles && i < call->count; i++)
		if (!once || !is_among(handles, *count, object_of(call, i)))
			handles[(*count)++] = object_of(call, i);
	return handles;
}

/* ---- an operation --------------------------------------------------------------------- */

/* SystemExit leaves the loop, whatever runs in it. */
static struct outcome run_is_over(void)
{
	return outcome_of(coil_raise_site(NULL, COIL_SYSTEM_EXIT, NULL));
}

static void log_reply(struct run *run, const char *mark, const char *text,
		      struct reply reply)
{
	switch (reply.kind) {
	case REPLY_NOTHING:
		coil__log_line(run, "%s%s", mark, text);
		break;
	case REPLY_VALUE:
		coil__log_line(run, "%s%s = %s", mark, text,
			       coil__value_text(run, reply.value));
		break;
	case REPLY_TEXT:
		coil__log_line(run, "%s%s = %s", mark, text, reply.text);
		break;
	case REPLY_REST:
		coil__log_line(run, "%s%s %s", mark, text, reply.text);
		break;
	case REPLY_ERROR:
		coil__log_line(run, "%s%s ! %s", mark, text,
			       coil__error_text(run, reply.error));
	}
}

/* What may suspend gives $ a value, or raises. */
static struct outcome operate_around(struct call *call)
{
	const char *text = call->statement->text;
	struct reply reply;

	coil__log_line(call->run, "> %s", text);
	reply = call->statement->operation->operate(call);
	if (reply.kind == REPLY_NOTHING)
		reply = reply_value(NULL);
	log_reply(call->run, "< ", text, reply);
	if (reply.kind == REPLY_ERROR)
		return outcome_of(coil__run_hold(call->run, reply.error));
	call->frame->last = reply.kind == REPLY_VALUE ? reply.value : NULL;
	return outcome_on();
}

static struct outcome operate(struct frame *frame, const struct statement *statement)
{
	struct call call = { .run = frame->run, .frame = frame, .statement = statement,
			     .site = statement->site };
	const struct operation *operation = statement->operation;

	if (!resolve_all(&call)) {
		coil__log_line(call.run, "%s skip", statement->text);
	} else if (operation->section == SECTION_AROUND) {
		return operate_around(&call);
	} else if (operation->section == SECTION_BEFORE) {
		coil__log_line(call.run, "%s", statement->text);
		operation->operate(&call);
	} else {
		log_reply(call.run, "", statement->text, operation->operate(&call));
	}
	return outcome_on();
}

/* ---- a block ---------------------------------------------------------------------------- */

static struct outcome execute(struct frame *frame, const struct statement *statement)
{
	if (statement->operation->control)
		return statement->operation->control(frame, statement);
	return operate(frame, statement);
}

struct outcome coil__exec_block(struct frame *frame, const struct block *block)
{
	struct outcome outcome = outcome_on();

	if (++frame->depth > PLAY_DEPTH)
		coil__run_at_limit(frame->run);
	for (const struct statement *statement = block->first;
	     statement && outcome.flow == FLOW_ON; statement = statement->next)
		outcome = frame->run->over ? run_is_over() : execute(frame, statement);
	frame->depth--;
	return outcome;
}

/* ---- a body ------------------------------------------------------------------------------ */

coil_coroutine *coil__new_coroutine(struct frame *frame, const struct body *body,
				    const coil_site *site, bool is_inline)
{
	struct frame *callee = coil__run_take(frame->run, sizeof *callee);

	if (!callee)
		return NULL;
	*callee = (struct frame){ .run = frame->run, .body = body,
				  .depth = is_inline ? frame->depth : 0 };
	return coil_coro_site(coil__run_coro, callee, site);
}

/* A task that begins with this body is written down, in case nobody else knows it. */
static void meet_task(struct frame *frame)
{
	coil_task *public = coil_current_task();
	const struct task *task = handle_open(public);
	struct run *run = frame->run;

	if (task && task->arg == frame)
		coil__run_meet(run, public);
}

coil_result coil__run_coro(void *arg)
{
	struct frame *frame = arg;
	struct run *run = frame->run;
	const char *name = frame->body->name;
	struct outcome outcome;
	void *value;

	meet_task(frame);
	coil__log_line(run, "start %s", name);
	outcome = coil__exec_block(frame, &frame->body->block);
	if (run->over)
		return run_is_over().result;
	if (outcome.flow == FLOW_RAISE) {
		coil__log_line(run, "exit %s ! %s", name, coil__error_text(run, outcome.result));
		return outcome.result;
	}
	value = outcome.flow == FLOW_RETURN ? outcome.result.value : NULL;
	coil__log_line(run, "exit %s = %s", name, coil__value_text(run, value));
	return coil_ok(value);
}

static coil_result run_func(struct callback *callback, const char *state)
{
	struct run *run = callback->run;
	struct frame frame = { .run = run, .body = callback->body };
	struct outcome outcome;

	coil__log_line(run, "run %s%s", callback->body->name, state);
	outcome = coil__exec_block(&frame, &callback->body->block);
	if (run->over)
		return run_is_over().result;
	return outcome.flow == FLOW_RAISE ? outcome.result : coil_ok(NULL);
}

coil_result coil__run_func(void *callback)
{
	return run_func(callback, "");
}

coil_result coil__run_done_func(coil_future *future, void *callback)
{
	return run_func(callback, coil_future_cancelled(future) ? " cancelled" : " finished");
}
