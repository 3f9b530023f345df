/* A file without its licence. expect: spdx */
int x;
