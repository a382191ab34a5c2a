/* SPDX-License-Identifier: MIT
 *
 * Checking a loop's invariants, where the build asks for it.
 */
#ifndef COIL_LOOP_VALIDATE_H
#define COIL_LOOP_VALIDATE_H

struct coil_loop;

/* Ends the process with a message if an invariant does not hold. */
void coil__loop_validate(const struct coil_loop *loop);

#ifdef COIL_VALIDATE
#define VALIDATE(loop) coil__loop_validate(loop)
#else
#define VALIDATE(loop) ((void)0)
#endif

#endif
