/* SPDX-License-Identifier: MIT
 *
 * Errors in callbacks, and the loop's exception handler.
 */
#include "journal.h"

static coil_loop *loop;

static coil_result fail(void *unused)
{
	note("fail");
	return coil_raise(COIL_VALUE, "x is %d", 7);
}

static coil_result fail_without_detail(void *unused)
{
	return (coil_result){ .error = COIL_USER + 3 };
}

static coil_result raise_cancelled(void *unused)
{
	return coil_raise(COIL_CANCELLED);
}

static coil_result tell(coil_loop *of, const coil_exception_context *context, void *arg)
{
	CHECK(of == loop);
	note("[%s|%s|%s|%s]", (char *)arg, context->message ? context->message : "none",
	     coil_error_name(context->exception.error),
	     coil_error_message(context->exception));
	return coil_ok(NULL);
}

TEST(L24_an_error_goes_to_the_handler_and_the_others_run)
{
	loop = virtual_loop();
	coil_loop_set_exception_handler(loop, tell, "arg");
	coil_loop_call_soon(loop, say, "A");
	coil_loop_call_soon(loop, fail, NULL);
	coil_loop_call_soon(loop, say, "B");
	run_iterations(loop, 1);
	CHECK_HAS(log_text, "A fail [arg|Exception in callback ");
	CHECK_HAS(log_text, "|ValueError|x is 7] B");
	coil_loop_close(loop);
}

static coil_result check_context(coil_loop *of, const coil_exception_context *context,
				 void *arg)
{
	CHECK_HAS(context->message, "Exception in callback");
	CHECK_HAS(context->message, "fail");
	CHECK_ERROR(context->exception, COIL_VALUE);
	CHECK_STR(coil_error_message(context->exception), "x is 7");
	CHECK_STR(coil_error_site(context->exception)->function, "fail");
	CHECK(context->handle != NULL);
	CHECK(context->future == NULL);
	CHECK(context->task == NULL);
	CHECK(context->site != NULL);
	CHECK_STR(context->site->function, (char *)arg);
	CHECK_STR(context->site->callee, "fail");
	note("handler");
	return coil_ok(NULL);
}

TEST(L25_the_context_has_message_exception_handle_and_place)
{
	loop = virtual_loop();
	coil_loop_set_exception_handler(loop, check_context, (void *)(uintptr_t)__func__);
	coil_loop_call_soon(loop, fail, NULL);
	run_iterations(loop, 1);
	CHECK_LOG("fail handler");
	coil_loop_close(loop);
}

TEST(L26_cancelled_is_an_error_like_any_other)
{
	loop = virtual_loop();
	coil_loop_set_exception_handler(loop, tell, "h");
	coil_loop_call_soon(loop, raise_cancelled, NULL);
	coil_loop_call_soon(loop, fail_without_detail, NULL);
	coil_loop_call_soon(loop, say, "end");
	run_iterations(loop, 1);
	CHECK_HAS(log_text, "|CancelledError|]");
	CHECK_HAS(log_text, "|UserError|]");
	CHECK_HAS(log_text, "end");
	coil_loop_close(loop);
}

static coil_result failing_handler(coil_loop *of, const coil_exception_context *context,
				   void *arg)
{
	note("handler");
	return coil_raise(COIL_KEY, "in the handler");
}

TEST(L28_an_error_in_the_handler_goes_to_the_default_one)
{
	char *report;

	loop = virtual_loop();
	coil_loop_set_exception_handler(loop, failing_handler, NULL);
	coil_loop_call_soon(loop, fail, NULL);
	coil_loop_call_soon(loop, say, "goes on");
	capture_begin(2);
	run_iterations(loop, 1);
	report = capture_end();
	CHECK_HAS(report, "Unhandled error in exception handler");
	CHECK_HAS(report, "KeyError: in the handler");
	CHECK_LOG("fail handler goes on");
	coil_loop_close(loop);
}

static coil_result exiting_handler(coil_loop *of, const coil_exception_context *context,
				   void *arg)
{
	return coil_raise(COIL_SYSTEM_EXIT, "from the handler");
}

TEST(L29_system_exit_in_the_handler_leaves_the_loop)
{
	coil_result r;

	loop = virtual_loop();
	coil_loop_set_exception_handler(loop, exiting_handler, NULL);
	coil_loop_call_soon(loop, fail, NULL);
	coil_loop_call_soon(loop, say, "rest");
	r = coil_loop_run_forever(loop);
	CHECK_ERROR(r, COIL_SYSTEM_EXIT);
	CHECK_STR(coil_error_message(r), "from the handler");
	CHECK_LOG("fail");
	run_iterations(loop, 1);
	CHECK_LOG("rest");
	coil_loop_close(loop);
}

/* What the default handler writes, in this order: the message, where the callback
 * was scheduled, the traceback. */
TEST(L30_the_default_handler_writes_what_and_where)
{
	char *report, *name;
	int line;

	loop = virtual_loop();
	line = __LINE__ + 1;
	coil_loop_call_soon(loop, fail, NULL);
	capture_begin(2);
	run_iterations(loop, 1);
	report = capture_end();
	name = text("%s:%d", __FILE__, line);
	CHECK_HAS(report, "Exception in callback fail");
	CHECK_HAS(report, name);
	CHECK_HAS(report, "ValueError: x is 7");
	CHECK(strstr(report, "Exception in callback") < strstr(report, "ValueError"));
	CHECK_INT(report[strlen(report) - 1], '\n');
	coil_loop_close(loop);
}

TEST(L31_null_restores_the_default_handler)
{
	char *report;

	loop = virtual_loop();
	coil_loop_set_exception_handler(loop, tell, "mine");
	coil_loop_set_exception_handler(loop, NULL, NULL);
	coil_loop_call_soon(loop, fail, NULL);
	capture_begin(2);
	run_iterations(loop, 1);
	report = capture_end();
	CHECK_HAS(report, "Exception in callback");
	CHECK_LOG("fail");
	coil_loop_close(loop);
}

TEST(a_context_without_a_message_is_an_unhandled_exception)
{
	coil_exception_context context = { .exception = { .error = COIL_VALUE } };
	char *report;

	loop = virtual_loop();
	capture_begin(2);
	coil_loop_call_exception_handler(loop, &context);
	report = capture_end();
	CHECK_HAS(report, "Unhandled exception in event loop");
	CHECK_HAS(report, "ValueError");
	context.message = "something odd";
	capture_begin(2);
	coil_loop_default_exception_handler(loop, &context);
	report = capture_end();
	CHECK_HAS(report, "something odd");
	coil_loop_set_exception_handler(loop, tell, "h");
	coil_loop_call_exception_handler(loop, &context);
	CHECK_LOG("[h|something odd|ValueError|]");
	coil_loop_close(loop);
}

static coil_result reset_handler(coil_loop *of, const coil_exception_context *context,
				 void *arg)
{
	note("first");
	coil_loop_set_exception_handler(of, tell, "second");
	return coil_ok(NULL);
}

TEST(a_handler_may_set_another)
{
	loop = virtual_loop();
	coil_loop_set_exception_handler(loop, reset_handler, NULL);
	coil_loop_call_soon(loop, fail_without_detail, NULL);
	coil_loop_call_soon(loop, fail_without_detail, NULL);
	run_iterations(loop, 1);
	CHECK_HAS(log_text, "first [second|");
	coil_loop_close(loop);
}

TEST(an_error_in_a_timer_and_in_a_threadsafe_call_is_reported)
{
	loop = virtual_loop();
	coil_loop_set_exception_handler(loop, tell, "h");
	coil_loop_call_later(loop, 0, fail, NULL);
	coil_loop_call_soon_threadsafe(loop, fail, NULL);
	run_iterations(loop, 2);
	CHECK_HAS(log_text, "fail [h|Exception in callback");
	CHECK_HAS(strstr(log_text, "fail [h|") + 1, "fail [h|Exception in callback");
	coil_loop_close(loop);
}
