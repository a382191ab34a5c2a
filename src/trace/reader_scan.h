/* SPDX-License-Identifier: MIT
 *
 * The first look at a trace, which is the only one that checks: the header, then
 * every chunk and every record of it.  What it leaves is, for each thread, the
 * runs of bytes that hold whole records, so that reading them again needs no
 * check; the interned strings and sites; and the first damage it met.
 *
 * Of a thread, nothing behind its first damage is in the runs.  A file that is
 * still being written is read up to where it was at this moment.
 */
#ifndef COIL_TRACE_READER_SCAN_H
#define COIL_TRACE_READER_SCAN_H

#include "reader_layout.h"
#include "reader_map.h"

#define WORD_TYPE(word) ((unsigned)((word) & 0xff))
#define WORD_WORDS(word) ((unsigned)((word) >> 8 & 0xff))
#define WORD_TIME(word) ((uint64_t)(word) >> 16)
#define WORD_TAG(word) ((uint16_t)((word) & 0xffff))
#define WORD_CTX(word) ((uint64_t)(word) >> 16)

struct coil__run {                      /* the whole records of one chunk    */
	const struct trace_chunk *chunk;
	const uint64_t *begin, *end;
};

struct coil__scan {
	const char *name;               /* of the file                       */
	const unsigned char *data;
	size_t size;
	const struct trace_header *header;
	struct coil__layout *layout;
	struct coil__run *runs;         /* by thread, then by sequence       */
	size_t run_count;
	struct coil__map strings;       /* number -> char *                  */
	struct coil__map sites;         /* number -> struct coil__reader_site * */
	uint32_t last_string, last_site; /* the highest numbers of these     */
	bool seen[TRACE_TYPES];         /* which events of this version's there are */
	char *damage;                   /* the first, or NULL                */
};

/* Looks at the SIZE bytes at DATA (aligned to 8, borrowed).  Fails only when
 * there is no telling what it is: a sentence, to be freed, else NULL. */
char *coil__scan_open(struct coil__scan *scan, const void *data, size_t size,
		      const char *name);
void coil__scan_close(struct coil__scan *scan);

#endif
