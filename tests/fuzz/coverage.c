/* Tells libFuzzer which blocks of an extension ran, where gcc has compiled it.
 *
 * gcc calls a function at each block (-fsanitize-coverage=trace-pc) and at each comparison (trace-cmp). libFuzzer takes
 * the second as it is, and of the first counters in a row, as clang makes them: here each block gets a counter when it
 * runs for the first time. Until `attach` is called nothing is counted. This file itself is not instrumented. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

enum { BLOCKS = 1 << 15, CODE = 1 << 23 };

static uint8_t counters[BLOCKS];
static uintptr_t table[BLOCKS][2]; /* for each counter where its block is, and a flag that libFuzzer ignores */
static uint16_t numbers[CODE];     /* of the blocks, by where they are */
static uint16_t used;
static int attached;

extern const char __ehdr_start[] __attribute__((visibility("hidden"))); /* where the extension begins */

void __sanitizer_cov_trace_pc(void) {
    uintptr_t at = (uintptr_t)__builtin_return_address(0) - (uintptr_t)__ehdr_start;
    uint16_t number;
    if (!attached || at >= CODE) return;
    number = numbers[at];
    if (number == 0) {
        if (used + 1 == BLOCKS) return;
        number = numbers[at] = ++used;
    }
    ++counters[number];
}

/* The comparisons are handed on by a jump, so that libFuzzer sees the caller's address. */
#define FORWARD(name, type)                                            \
    static void (*name)(type, type);                                   \
    void __sanitizer_cov_##name(type a, type b) { if (name) name(a, b); }

FORWARD(trace_cmp1, uint8_t)
FORWARD(trace_cmp2, uint16_t)
FORWARD(trace_cmp4, uint32_t)
FORWARD(trace_cmp8, uint64_t)
FORWARD(trace_const_cmp1, uint8_t)
FORWARD(trace_const_cmp2, uint16_t)
FORWARD(trace_const_cmp4, uint32_t)
FORWARD(trace_const_cmp8, uint64_t)

static void (*trace_switch)(uint64_t, uint64_t *);
void __sanitizer_cov_trace_switch(uint64_t value, uint64_t *cases) { if (trace_switch) trace_switch(value, cases); }

void __sanitizer_cov_trace_cmpf(float a, float b) { (void)a, (void)b; }
void __sanitizer_cov_trace_cmpd(double a, double b) { (void)a, (void)b; }

/* Hand the counters to the libFuzzer in a library that is loaded. 0: it has none. */
__attribute__((visibility("default"))) int attach(const char *library) {
    void *fuzzer = dlopen(library, RTLD_LAZY | RTLD_NOLOAD);
    void (*take_counters)(uint8_t *, uint8_t *);
    void (*take_table)(const uintptr_t *, const uintptr_t *);
    size_t i;
    if (fuzzer == NULL) return 0;
    *(void **)&take_counters = dlsym(fuzzer, "__sanitizer_cov_8bit_counters_init");
    *(void **)&take_table = dlsym(fuzzer, "__sanitizer_cov_pcs_init");
    if (take_counters == NULL || take_table == NULL) return 0;
    *(void **)&trace_cmp1 = dlsym(fuzzer, "__sanitizer_cov_trace_cmp1");
    *(void **)&trace_cmp2 = dlsym(fuzzer, "__sanitizer_cov_trace_cmp2");
    *(void **)&trace_cmp4 = dlsym(fuzzer, "__sanitizer_cov_trace_cmp4");
    *(void **)&trace_cmp8 = dlsym(fuzzer, "__sanitizer_cov_trace_cmp8");
    *(void **)&trace_const_cmp1 = dlsym(fuzzer, "__sanitizer_cov_trace_const_cmp1");
    *(void **)&trace_const_cmp2 = dlsym(fuzzer, "__sanitizer_cov_trace_const_cmp2");
    *(void **)&trace_const_cmp4 = dlsym(fuzzer, "__sanitizer_cov_trace_const_cmp4");
    *(void **)&trace_const_cmp8 = dlsym(fuzzer, "__sanitizer_cov_trace_const_cmp8");
    *(void **)&trace_switch = dlsym(fuzzer, "__sanitizer_cov_trace_switch");
    for (i = 0; i < BLOCKS; i++) table[i][0] = (uintptr_t)&counters[i];
    take_counters(counters, counters + BLOCKS);
    take_table(table[0], table[BLOCKS]);
    attached = 1;
    return 1;
}
