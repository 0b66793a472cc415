/*
 * gemm_avx512.c - matrix products for AVX-512: 12 x 32 in 24 of 32 registers.
 *
 * Where the compiler may not use AVX-512 but AVX2, it cuts every vector in two:
 * slow, but the same program, which is how a machine without AVX-512 tests it. No run
 * takes such a one (gemm_pick).
 */
#ifdef __FMA__
#define VL 16
#define NV 2
#define MR 12
#define KERNEL_NAME gemm_avx512
#define KERNEL_TEXT "AVX-512"
#include "tensor/gemm_tile.h"
#else
#include "tensor/gemm.h"
const struct gemm_kernel gemm_avx512;
#endif
