"""Times moec beside other compilers and libraries; bench/README.md tells how."""
