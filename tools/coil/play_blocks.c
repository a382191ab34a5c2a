/* SPDX-License-Identifier: MIT
 *
 * What steers a body: return, raise, and the blocks (section 4 of the language).
 *
 * A block hands on how its body was left.  What is over (SystemExit) passes through
 * all of them: it is not caught, and cleans nothing up.
 */
#include "play_exec.h"

#define CONTROL(name)                                                          \
	struct outcome coil__block_##name(struct frame *frame,                 \
					  const struct statement *statement);  \
	struct outcome coil__block_##name(struct frame *frame,                 \
					  const struct statement *statement)

static void *value_of(const struct frame *frame, const struct argument *argument)
{
	if (argument->last)
		return frame->last;
	return argument->none ? NULL : value_of_number(argument->number);
}

CONTROL(return)
{
	void *value = statement->count ? value_of(frame, &statement->arguments[0]) : NULL;

	coil__log_line(frame->run, "%s", statement->text);
	return (struct outcome){ FLOW_RETURN, coil_ok(value) };
}

CONTROL(raise)
{
	const struct argument *tag = statement->count ? &statement->arguments[0] : NULL;

	coil__log_line(frame->run, "%s", statement->text);
	if (!tag && frame->handling)
		return outcome_of(frame->handling->error);
	if (!tag)
		return outcome_on();
	if (!strcmp(tag->word, "Cancelled"))
		return outcome_of(coil_raise_site(statement->site, COIL_CANCELLED, NULL));
	return outcome_of(coil_raise_site(statement->site, error_of_tag(tag->name), "%s",
					  tag->word));
}

CONTROL(repeat)
{
	struct outcome outcome = outcome_on();

	for (int64_t i = 1; i <= statement->arguments[0].number && outcome.flow == FLOW_ON &&
	     !frame->run->over; i++) {
		coil__log_line(frame->run, "iter %lld", (long long)i);
		outcome = coil__exec_block(frame, &statement->body);
	}
	return outcome;
}

/* ---- try ------------------------------------------------------------------------------ */

static bool fits(struct run *run, coil_result error, const char *class)
{
	if (!strcmp(class, "any"))
		return true;
	if (!strcmp(class, "error"))
		return error.error != COIL_CANCELLED;
	if (!strcmp(class, "Cancelled"))
		return error.error == COIL_CANCELLED;
	if (!strcmp(class, "Group"))
		return error.error == COIL_EXCEPTION_GROUP;
	if (!strcmp(class, "E"))
		return error.error >= COIL_USER;
	return !strcmp(class, coil__error_text(run, error));
}

static bool is_caught(struct run *run, coil_result error, const struct statement *statement)
{
	const char *const *class = statement->classes;

	while (class && *class)
		if (fits(run, error, *class++))
			return !run->over;
	return false;
}

static struct outcome handle(struct frame *frame, const struct statement *statement,
			     coil_result error)
{
	struct handling handling = { error, frame->handling };
	struct outcome outcome;

	coil__log_line(frame->run, "catch %s", coil__error_text(frame->run, error));
	frame->handling = &handling;
	outcome = coil__exec_block(frame, &statement->handler);
	frame->handling = handling.outer;
	return outcome;
}

CONTROL(try)
{
	struct run *run = frame->run;
	struct outcome outcome = coil__exec_block(frame, &statement->body), cleaned;

	if (outcome.flow == FLOW_RAISE) {
		coil__run_hold(run, outcome.result);
		if (is_caught(run, outcome.result, statement))
			outcome = handle(frame, statement, outcome.result);
	}
	if (!statement->has_cleanup || run->over)
		return outcome;
	if (outcome.flow == FLOW_RAISE)
		coil__run_hold(run, outcome.result);
	coil__log_line(run, "finally");
	cleaned = coil__exec_block(frame, &statement->cleanup);
	return cleaned.flow == FLOW_ON ? outcome : cleaned;
}

/* ---- what is entered and left ------------------------------------------------------------ */

/* What the library is told of a body: its error, or that there was none. */
static coil_result result_of(struct outcome outcome)
{
	return outcome.flow == FLOW_RAISE ? outcome.result : coil_ok(NULL);
}

/* And what it made of that. */
static struct outcome left_with(struct run *run, struct outcome outcome, coil_result result)
{
	if (result.error)
		return outcome_of(coil__run_hold(run, result));
	return outcome.flow == FLOW_RAISE ? outcome_on() : outcome;
}

static const char *ending(struct run *run, coil_result result, const char **text)
{
	*text = result.error ? coil__error_text(run, result) : "";
	return result.error ? " ! " : "";
}

CONTROL(timeout)
{
	const struct argument *delay = &statement->arguments[0], *name = &statement->arguments[1];
	double limit = delay->none ? COIL_NO_TIMEOUT : (double)delay->number;
	bool at = !strcmp(statement->operation->name, "timeout_at");
	struct outcome outcome;
	struct run *run = frame->run;
	coil_timeout *timeout;
	coil_result result;
	const char *mark, *text;

	coil__log_line(run, "> %s", statement->text);
	timeout = at ? coil_timeout_at_new_site(limit, statement->site) :
		       coil_timeout_new_site(limit, statement->site);
	result = coil__run_set(run, name, THING_TIMEOUT, timeout);
	if (!result.error)
		result = coil_timeout_enter(timeout);
	if (result.error)
		return outcome_of(result);
	outcome = coil__exec_block(frame, &statement->body);
	result = coil_timeout_exit_site(coil_retain(timeout), result_of(outcome),
					statement->site);
	outcome = left_with(run, outcome, result);
	mark = ending(run, result, &text);
	coil__log_line(run, "< timeout %s expired=%d%s%s", name->word,
		       coil_timeout_expired(timeout), mark, text);
	return outcome;
}

CONTROL(taskgroup)
{
	const struct argument *name = &statement->arguments[0];
	struct outcome outcome;
	coil_task_group *group;
	struct run *run = frame->run;
	coil_result result;
	const char *mark, *text;

	coil__log_line(run, "> %s", statement->text);
	group = coil_task_group_new_site(statement->site);
	result = coil__run_set(run, name, THING_GROUP, group);
	if (!result.error)
		result = coil_task_group_enter(group);
	if (result.error)
		return outcome_of(result);
	outcome = coil__exec_block(frame, &statement->body);
	mark = ending(run, result_of(outcome), &text);
	coil__log_line(run, "leave %s%s%s", name->word, mark, text);
	result = coil_task_group_exit_site(coil_retain(group), result_of(outcome),
					   statement->site);
	outcome = left_with(run, outcome, result);
	mark = ending(run, result, &text);
	coil__log_line(run, "< taskgroup %s%s%s", name->word, mark, text);
	return outcome;
}

/* ---- with ---------------------------------------------------------------------------------- */

coil_result coil__acquire(enum thing thing, void *object, const coil_site *site)
{
	if (thing == THING_LOCK)
		return coil_lock_acquire_site(object, site);
	if (thing == THING_SEMAPHORE)
		return coil_semaphore_acquire_site(object, site);
	return coil_condition_acquire_site(object, site);
}

coil_result coil__release(enum thing thing, void *object)
{
	if (thing == THING_LOCK)
		return coil_lock_release(object);
	if (thing == THING_SEMAPHORE)
		return coil_semaphore_release(object);
	return coil_condition_release(object);
}

/* The variable may hold something else when the body is left. */
static struct outcome run_with(struct frame *frame, const struct statement *statement,
			       struct variable lock)
{
	struct outcome outcome = outcome_of(coil__acquire(lock.thing, lock.object,
							  statement->site));
	coil_result result;

	if (outcome.flow == FLOW_RAISE)
		return outcome_of(coil__run_hold(frame->run, outcome.result));
	coil__log_line(frame->run, "enter %s", statement->arguments[0].word);
	outcome = coil__exec_block(frame, &statement->body);
	if (frame->run->over)
		return outcome;
	result = coil__release(lock.thing, lock.object);
	return result.error ? outcome_of(coil__run_hold(frame->run, result)) : outcome;
}

CONTROL(with)
{
	const struct argument *name = &statement->arguments[0];
	const struct variable *variable = &frame->run->variables[name->name];
	struct run *run = frame->run;
	struct outcome outcome;
	const char *mark, *text;

	if (!(variable->thing & name->wanted) || !strcmp(name->word, "self")) {
		coil__log_line(run, "%s skip", statement->text);
		return outcome_on();
	}
	coil__log_line(run, "> %s", statement->text);
	outcome = run_with(frame, statement, *variable);
	mark = ending(run, result_of(outcome), &text);
	coil__log_line(run, "< %s%s%s", statement->text, mark, text);
	return outcome;
}
