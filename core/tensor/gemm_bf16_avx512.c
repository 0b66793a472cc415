/*
 * gemm_bf16_avx512.c - products of bfloat16 for AVX-512: 8 rows x 16 columns, three
 * vectors each, in 24 of 32 registers. AVX512_BF16's own multiply-add sums in another
 * order than AMX and is no help. Without AVX-512: as gemm_avx512.c.
 */
#ifdef __FMA__
#define VL 16
#define MR 8
#define KERNEL_NAME bf16_avx512
#define KERNEL_TEXT "AVX-512"
#include "tensor/gemm_bf16_tile.h"
#else
#include "tensor/gemm_bf16_kernel.h"
const struct bf16_kernel bf16_avx512;
#endif
