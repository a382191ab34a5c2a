/* SPDX-License-Identifier: MIT
 *
 * Framing over a stream socket.  See process_wire.h.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "executor/process_wire.h"

#define SECOND INT64_C(1000000000)

int64_t coil__wire_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * SECOND + t.tv_nsec;
}

/* ---- waiting ----------------------------------------------------------- */

/* Who waits for nothing but the peer leaves the waiting to the socket. */
static int flags_of(const struct wire *wire)
{
	bool waits = wire->watch >= 0 || wire->deadline;

	return MSG_NOSIGNAL | (waits ? MSG_DONTWAIT : 0);
}

/* Until the socket is ready, or the peer is gone: *GONE; then one more try of the socket
 * tells whether something came before that. */
static int wait_for(const struct wire *wire, short events, bool *gone)
{
	struct pollfd fds[2] = { { .fd = wire->fd, .events = events },
				 { .fd = wire->watch, .events = POLLIN } };
	struct timespec left = { 0, 0 };
	int n;

	if (wire->deadline) {
		int64_t ns = wire->deadline - coil__wire_now();

		if (ns > 0)
			left = (struct timespec){ ns / SECOND, ns % SECOND };
	}
	n = ppoll(fds, 2, wire->deadline ? &left : NULL, NULL);
	if (n == 0)
		return ETIMEDOUT;
	if (n < 0)
		return errno == EINTR ? 0 : errno;
	*gone = fds[1].revents != 0;
	return 0;
}

/* After a transfer that gave ERROR: 0 if it is worth another try. */
static int wait_after(const struct wire *wire, int error, short events, bool *gone)
{
	if (error == EINTR)
		return 0;
	if (error == ECONNRESET)
		return EPIPE;
	if (error != EAGAIN)
		return error;
	return *gone ? EPIPE : wait_for(wire, events, gone);
}

/* ---- bytes ------------------------------------------------------------- */

static void advance(struct msghdr *message, size_t sent)
{
	while (message->msg_iovlen && sent >= message->msg_iov->iov_len) {
		sent -= message->msg_iov->iov_len;
		message->msg_iov++;
		message->msg_iovlen--;
	}
	if (sent) {
		message->msg_iov->iov_base = (char *)message->msg_iov->iov_base + sent;
		message->msg_iov->iov_len -= sent;
	}
}

int coil__wire_send(const struct wire *wire, struct iovec *pieces, size_t count)
{
	struct msghdr message = { .msg_iov = pieces, .msg_iovlen = count };
	bool gone = false;

	advance(&message, 0); /* over pieces that are empty */
	while (message.msg_iovlen) {
		ssize_t n = sendmsg(wire->fd, &message, flags_of(wire));
		int error = n < 0 ? wait_after(wire, errno, POLLOUT, &gone) : 0;

		if (error)
			return error;
		if (n > 0)
			advance(&message, (size_t)n);
	}
	return 0;
}

int coil__wire_receive(const struct wire *wire, void *data, size_t size)
{
	char *at = data;
	bool gone = false;

	while (size) {
		ssize_t n = recv(wire->fd, at, size, flags_of(wire));
		int error = n < 0 ? wait_after(wire, errno, POLLIN, &gone) : 0;

		if (error || n == 0)
			return error ? error : EPIPE;
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

int coil__wire_skip(const struct wire *wire, uint64_t size)
{
	char scrap[4096];
	int error = 0;

	while (size && !error) {
		size_t n = size < sizeof(scrap) ? (size_t)size : sizeof(scrap);

		error = coil__wire_receive(wire, scrap, n);
		size -= n;
	}
	return error;
}
