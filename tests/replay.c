/* SPDX-License-Identifier: MIT
 *
 * A fuzzer without libFuzzer: gives the fuzz target that it is linked with each
 * file named, and then damaged copies of it, the same ones in every run.  Quick
 * enough for `make test`; `make fuzz` searches on.
 *
 *	replay [-n DAMAGED_COPIES] FILE ...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t state = 0x9e3779b97f4a7c15;

static size_t below(size_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return limit ? (size_t)(state % limit) : 0;
}

/* In place; gives the new size.  Numbers that are near a limit hurt most. */
static size_t damage(uint8_t *data, size_t size)
{
	static const uint8_t nasty[] = { 0, 1, 0x7f, 0x80, 0xff, '\n', '"' };
	size_t near = below(2) ? size : size < 1024 ? size : 1024;

	if (below(4) == 0)
		return below(size + 1);
	for (size_t n = 1 + below(8); n && size; n--) {
		size_t at = below(near);

		if (below(2))
			data[at] = nasty[below(sizeof(nasty))];
		else
			data[at] ^= (uint8_t)(1u << below(8));
	}
	return size;
}

static void *read_whole(const char *path, size_t *size)
{
	FILE *file = fopen(path, "rb");
	size_t room = (size_t)16 << 20;
	void *data = malloc(room);

	if (!file || !data) {
		perror(path);
		exit(2);
	}
	*size = fread(data, 1, room, file);
	fclose(file);
	return data;
}

static unsigned replay(const char *path, unsigned copies)
{
	size_t size, damaged_size;
	uint8_t *data = read_whole(path, &size), *damaged;

	LLVMFuzzerTestOneInput(data, size);
	for (unsigned i = 0; i < copies; i++) {
		/* Allocated to the byte, so that reading past it is seen. */
		damaged = malloc(size ? size : 1);
		if (!damaged)
			exit(2);
		memcpy(damaged, data, size);
		damaged_size = damage(damaged, size);
		damaged = realloc(damaged, damaged_size ? damaged_size : 1);
		LLVMFuzzerTestOneInput(damaged, damaged_size);
		free(damaged);
	}
	free(data);
	return 1 + copies;
}

int main(int argc, char **argv)
{
	unsigned copies = 100, total = 0;
	int option;

	while ((option = getopt(argc, argv, "n:")) != -1) {
		if (option != 'n')
			return 2;
		copies = (unsigned)atoi(optarg);
	}
	for (; optind < argc; optind++)
		total += replay(argv[optind], copies);
	printf("%s: %u inputs\n", argv[0], total);
	return total == 0;
}
