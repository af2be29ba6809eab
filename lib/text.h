/* lib/text.h - the program's own pages. */
#ifndef LIB_TEXT_H
#define LIB_TEXT_H

/* Give back the pages of code and constants that have been read so far: a process that
 * goes to sleep in a small loop needs few of those that its start did. They are the
 * file's, so what is needed again comes from the page cache. */
void text_forget(void);

#endif
