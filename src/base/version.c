/* SPDX-License-Identifier: MIT
 *
 * The version of the library.
 */
#include <coil/base.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)

const char *coil_version(void)
{
	return TEXT(COIL_VERSION_MAJOR) "." TEXT(COIL_VERSION_MINOR) "."
	       TEXT(COIL_VERSION_PATCH);
}
