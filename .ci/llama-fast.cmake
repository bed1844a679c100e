# Read by CMake right after llama.cpp's project() call. The common library serves only llama.cpp's own programs;
# without it the build takes a third of the time and the Python package misses nothing.
set(LLAMA_BUILD_COMMON OFF)
