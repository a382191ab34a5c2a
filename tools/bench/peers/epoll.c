/* SPDX-License-Identifier: MIT
 *
 * Bare epoll with an eventfd, without a library: how fast another thread can wake a
 * loop at all.
 */
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "../threads.h"

static int wake_fd;

static void *waker(void *ops)
{
	const uint64_t one = 1;

	pin_thread(1);
	for (long n = (long)ops; n > 0; n--) {
		require(write(wake_fd, &one, sizeof(one)) == sizeof(one), "write");
		await_wake();
	}
	return NULL;
}

static void wake_loop(int epoll, long ops)
{
	struct epoll_event event;
	uint64_t count;

	for (long left = ops; left > 0; left--) {
		require(epoll_wait(epoll, &event, 1, -1) == 1, "epoll_wait");
		require(read(wake_fd, &count, sizeof(count)) == sizeof(count), "read");
		wake_thread();
	}
}

static void wake_batch(long ops)
{
	struct epoll_event event = { .events = EPOLLIN };
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	pthread_t thread;

	require(epoll >= 0, "epoll_create1");
	require(epoll_ctl(epoll, EPOLL_CTL_ADD, wake_fd, &event) == 0, "epoll_ctl");
	start_thread(&thread, waker, (void *)ops);
	wake_loop(epoll, ops);
	pthread_join(thread, NULL);
	close(epoll);
}

static void wake(void)
{
	two_threads();
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	require(wake_fd >= 0, "eventfd");
	report("ns", measure(wake_batch, 5000));
}

static void version(void)
{
	struct utsname system;

	uname(&system);
	printf("%s %s\n", system.sysname, system.release);
}

int main(int argc, char **argv)
{
	static const struct work work[] = {
		{ "version", version }, { "wake", wake }, { NULL, NULL }
	};

	return work_main(argc, argv, work);
}
