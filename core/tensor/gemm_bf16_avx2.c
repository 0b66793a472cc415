/*
 * gemm_bf16_avx2.c - products of bfloat16 for AVX2 with FMA: 4 rows x 8 columns, three
 * vectors each, in 12 of 16 registers.
 */
#ifdef __FMA__
#define VL 8
#define MR 4
#define KERNEL_NAME bf16_avx2
#define KERNEL_TEXT "AVX2"
#include "tensor/gemm_bf16_tile.h"
#else
#include "tensor/gemm_bf16_kernel.h"
const struct bf16_kernel bf16_avx2;
#endif
