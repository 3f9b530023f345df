/* SPDX-License-Identifier: MIT */
int tab;	/* expect: blanks */
int blank; /* expect: blanks */ 
const char *long_line = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"; /* expect: columns */
void *fine(void)
{
    return malloc(1); /* tests may */
}
int last; /* expect: blanks */