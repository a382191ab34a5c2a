/* SPDX-License-Identifier: MIT
 *
 * A new loop, set as the thread's own, step by step.  Names and texts are UTF-8, here as
 * in the trace and its pictures.
 */
#include <coil.h>
#include <stdio.h>

struct arguments {
	const char *name;
	double delay;
};

static coil_result simple_task(void *arg)
{
	struct arguments *a = arg;

	printf("Task %s 시작\n", a->name);
	coil_result r = coil_sleep(a->delay);
	if (r.error)
		return r;
	printf("Task %s 완료\n", a->name);
	return coil_ok(NULL);
}

static coil_result create_and_run_event_loop(void)
{
	printf("[STEP] 새로운 이벤트 루프 생성\n");
	coil_loop *new_loop = coil_new_event_loop();

	printf("[STEP] 생성된 루프를 현재 스레드의 이벤트 루프로 설정\n");
	coil_set_event_loop(new_loop);

	printf("[STEP] 비동기 함수 실행\n");
	coil_result r = coil_loop_run_until_complete(new_loop,
		coil_coro_copy(simple_task, &(struct arguments){ "새 루프 태스크", 2 }));

	printf("[STEP] 이벤트 루프 닫기\n");
	coil_loop_close(new_loop);
	return r;
}

int main(void)
{
	printf("[STEP] 메인 함수에서 새 이벤트 루프 생성 및 실행\n");
	return coil_exit_status(create_and_run_event_loop());
}
