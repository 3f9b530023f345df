# A file without its licence. expect: spdx
set(X 1) # expect: blanks 
