/* SPDX-License-Identifier: MIT
 *
 * Framing over a stream socket: short transfers, signals, a peer that goes in the middle,
 * deadlines; and parcels, with everything that may be in one.
 */
#include "harness.h"

#include <coil/coroutine.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "executor/process_wire.h"
#include "faults.h"

static int ends[2];
static struct wire here, there;

static bool begin(void)
{
	bool good = CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);

	here = (struct wire){ .fd = ends[0], .watch = -1 };
	there = (struct wire){ .fd = ends[1], .watch = -1 };
	return good;
}

static void end(void)
{
	close(ends[0]);
	close(ends[1]);
}

static int send_bytes(const struct wire *wire, const void *data, size_t size)
{
	struct iovec piece = { (void *)(uintptr_t)data, size };

	return coil__wire_send(wire, &piece, 1);
}

/* ---- bytes --------------------------------------------------------------- */

TEST(sends_pieces_as_one)
{
	char got[12] = "";
	struct iovec pieces[] = { { NULL, 0 }, { (char *)"all", 3 }, { NULL, 0 },
				  { (char *)" of ", 4 }, { (char *)"it", 3 }, { NULL, 0 } };

	REQUIRE(begin());
	CHECK_INT(coil__wire_send(&here, pieces, 6), 0);
	CHECK_INT(coil__wire_receive(&there, got, 10), 0);
	CHECK_STR(got, "all of it");
	CHECK_INT(coil__wire_send(&here, pieces, 0), 0);
	end();
}

#define MUCH ((size_t)3 << 20)

static unsigned char out[MUCH], in[MUCH];

static void on_signal(int signo)
{
}

static void *receive_much(void *thread)
{
	/* Signals interrupt both sides. */
	for (size_t at = 0; at < MUCH; at += MUCH / 64) {
		pthread_kill(*(pthread_t *)thread, SIGUSR1);
		if (coil__wire_receive(&there, in + at, MUCH / 64) != 0)
			return thread;
	}
	return NULL;
}

static void check_much(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	pthread_t thread, self = pthread_self();
	void *failed;

	sigaction(SIGUSR1, &action, NULL);
	for (size_t i = 0; i < MUCH; i++)
		out[i] = (unsigned char)(i * 7 + i / 1000);
	memset(in, 0, sizeof(in));
	REQUIRE(pthread_create(&thread, NULL, receive_much, &self) == 0);
	CHECK_INT(send_bytes(&here, out, MUCH), 0);
	pthread_join(thread, &failed);
	CHECK(!failed);
	CHECK(memcmp(in, out, MUCH) == 0);
}

TEST(sends_more_than_fits, .real_clock = true)
{
	REQUIRE(begin());
	check_much();
	/* The same without blocking in the calls. */
	here.deadline = there.deadline = coil__wire_now() + INT64_C(3600000000000);
	check_much();
	end();
}

TEST(skips)
{
	char last = 0;

	REQUIRE(begin());
	CHECK_INT(send_bytes(&here, out, 10000), 0);
	CHECK_INT(send_bytes(&here, "x", 1), 0);
	CHECK_INT(coil__wire_skip(&there, 10000), 0);
	CHECK_INT(coil__wire_receive(&there, &last, 1), 0);
	CHECK_INT(last, 'x');
	end();
}

/* ---- the peer goes ------------------------------------------------------- */

TEST(notices_the_peers_end)
{
	char got[8];

	REQUIRE(begin());
	CHECK_INT(send_bytes(&there, "half", 4), 0);
	close(ends[1]);
	CHECK_INT(coil__wire_receive(&here, got, 8), EPIPE);
	CHECK_INT(send_bytes(&here, "x", 1), EPIPE); /* and no SIGPIPE */
	CHECK_INT(coil__wire_skip(&here, 10), EPIPE);
	close(ends[0]);
}

/* It went with something unread: the socket says so as an error of its own. */
TEST(notices_a_peer_that_did_not_read)
{
	char got[8];

	REQUIRE(begin());
	CHECK_INT(send_bytes(&here, "unread", 6), 0);
	close(ends[1]);
	CHECK_INT(coil__wire_receive(&here, got, 8), EPIPE);
	close(ends[0]);
}

TEST(notices_an_end_in_the_middle_of_much, .real_clock = true)
{
	pthread_t thread, self = pthread_self();

	REQUIRE(begin());
	here.deadline = coil__wire_now() + INT64_C(3600000000000);
	signal(SIGUSR1, SIG_IGN);
	REQUIRE(pthread_create(&thread, NULL, receive_much, &self) == 0);
	CHECK_INT(send_bytes(&here, out, MUCH / 2), 0);
	shutdown(ends[0], SHUT_WR);
	pthread_join(thread, NULL);
	CHECK_INT(send_bytes(&here, out, 1), EPIPE);
	end();
}

/* Somebody else has the peer's end open, too: the watch tells. */
TEST(watches_the_peer)
{
	int watch[2];
	char got[8] = "";

	REQUIRE(begin() && pipe(watch) == 0);
	here.watch = watch[0];
	CHECK_INT(send_bytes(&there, "last", 4), 0);
	close(watch[1]);
	CHECK_INT(coil__wire_receive(&here, got, 4), 0); /* came before the end */
	CHECK_STR(got, "last");
	CHECK_INT(coil__wire_receive(&here, got, 1), EPIPE);
	CHECK_INT(send_bytes(&here, out, MUCH), EPIPE);
	close(watch[0]);
	end();
}

TEST(ends_at_the_deadline, .real_clock = true)
{
	char got[8];

	REQUIRE(begin());
	here.deadline = coil__wire_now() + 20000000;
	CHECK_INT(coil__wire_receive(&here, got, 1), ETIMEDOUT);
	CHECK(coil__wire_now() >= here.deadline);
	CHECK_INT(send_bytes(&here, out, MUCH), ETIMEDOUT);
	end();
}

/* ---- parcels ------------------------------------------------------------- */

static struct parcel sent, got;

static int transfer(void)
{
	int error = coil__wire_send_parcel(&here, &sent);

	if (!error)
		error = coil__wire_receive_parcel(&there, &got);
	return error;
}

static void drop(void)
{
	coil__parcel_free(&sent);
	coil__parcel_free(&got);
	sent = got = (struct parcel){ .size = 0 };
}

TEST(transfers_values)
{
	REQUIRE(begin());
	sent = (struct parcel){ .result = coil_number(INT64_MIN) };
	CHECK_INT(transfer(), 0);
	CHECK(got.result.error == 0 && got.result.number == INT64_MIN);
	CHECK(!got.detail && !got.items && !got.bytes);
	sent.result = coil_real(-0.5);
	CHECK_INT(transfer(), 0);
	CHECK_REAL(got.result.real, -0.5);
	sent.result = (coil_result){ .error = COIL_USER + 9 };
	CHECK_INT(transfer(), 0);
	CHECK_INT(got.result.error, COIL_USER + 9);
	CHECK(!got.result.exception);
	end();
}

TEST(transfers_bytes)
{
	REQUIRE(begin());
	REQUIRE(coil__parcel_pack(&sent, coil_bytes("some\0bytes", 10), true));
	CHECK_INT(transfer(), 0);
	CHECK_INT(got.size, 10);
	CHECK(got.bytes && memcmp(got.bytes, "some\0bytes", 10) == 0);
	drop();
	end();
}

static coil_result nested(int depth)
{
	coil_result inner[2];

	/* The thread keeps no more than its last sixteen errors. */
	inner[1] = depth ? nested(depth - 1) : coil_raise(COIL_KEY, "leaf");
	inner[0] = coil_raise(COIL_VALUE, "at %d", depth);
	return coil_raise_group("group", inner, 2);
}

TEST(transfers_groups_in_groups)
{
	const struct parcel *at = &got;

	REQUIRE(begin());
	REQUIRE(coil__parcel_pack(&sent, nested(20), false));
	CHECK_INT(transfer(), 0);
	for (int depth = 20; depth >= 0; depth--) {
		REQUIRE(CHECK_INT(at->result.error, COIL_EXCEPTION_GROUP));
		CHECK_STR(at->detail->message, "group");
		REQUIRE(at->items && CHECK_INT(at->items->count, 2));
		CHECK_STR(at->items->at[0].detail->message, text("at %d", depth));
		CHECK_STR(at->items->at[0].detail->site->function, "nested");
		at = &at->items->at[1];
	}
	CHECK_STR(at->detail->message, "leaf");
	drop();
	end();
}

TEST(refuses_what_is_no_parcel)
{
	REQUIRE(begin());
	memset(out, 'x', 1000);
	CHECK_INT(send_bytes(&here, out, 1000), 0);
	CHECK_INT(coil__wire_receive_parcel(&there, &got), EPROTO);
	CHECK(!got.detail && !got.items && !got.bytes);
	drop();
	end();
}

/* A spoilt head that asks for more memory than there is: the error is memory's, or the
 * peer's end; there is no crash, and nothing kept. */
TEST(survives_spoilt_heads, .seconds = 30)
{
	unsigned char head[40];

	for (size_t i = 4; i < sizeof(head); i++) {
		REQUIRE(begin());
		sent = (struct parcel){ .result = coil_number(1) };
		CHECK_INT(coil__wire_send_parcel(&here, &sent), 0);
		CHECK_INT(coil__wire_receive(&there, head, sizeof(head)), 0);
		head[i] ^= 0x87;
		CHECK_INT(send_bytes(&here, head, sizeof(head)), 0);
		shutdown(ends[0], SHUT_WR);
		(void)coil__wire_receive_parcel(&there, &got);
		drop();
		end();
	}
}

/* Without memory for a part of it the whole is COIL_MEMORY, and the stream goes on. */
static void transfer_group(void *unused)
{
	int error;

	if (!begin())
		return;
	faults_clear();
	coil__parcel_pack(&sent, nested(2), false);
	for (unsigned n = 1;; n++) {
		CHECK_INT(coil__wire_send_parcel(&here, &sent), 0);
		faults_fail(FAULT_MEMORY, n);
		error = coil__wire_receive_parcel(&there, &got);
		if (!faults_clear())
			break;
		CHECK_INT(error, 0);
		CHECK(got.result.error == COIL_MEMORY ||
		      got.result.error == COIL_EXCEPTION_GROUP);
		coil__parcel_free(&got);
	}
	CHECK_INT(error, 0);
	CHECK_INT(got.result.error, COIL_EXCEPTION_GROUP);
	drop();
	end();
}

TEST(receives_without_memory)
{
	transfer_group(NULL);
}
