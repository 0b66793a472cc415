/*
 * gemm_avx2.c - matrix products for AVX2 with FMA: 6 x 16 in 12 of 16 registers.
 */
#ifdef __FMA__
#define VL 8
#define NV 2
#define MR 6
#define KERNEL_NAME gemm_avx2
#define KERNEL_TEXT "AVX2"
#include "tensor/gemm_tile.h"
#else
#include "tensor/gemm.h"
const struct gemm_kernel gemm_avx2;
#endif
