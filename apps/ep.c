// ep.c - the kernel EP ("embarrassingly parallel") of the NAS Parallel Benchmarks: pairs
// of normally distributed numbers, counted by annulus, their sums compared with the
// published ones. ep [S|W|A|B|C]
#include <math.h>
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// x -> 5^13 x mod 2^46; a number in (0, 1) is x / 2^46.
static const uint64_t multiplier = 1220703125, mask = (UINT64_C(1) << 46) - 1;
static const uint64_t seed = 271828183;
enum { log2_batch = 16, annuli = 10 };

// Classes: 2^log2_pairs pairs; sums as of NASA's report NAS-95-020 and its programs.
static const struct Class {
    char name;
    int log2_pairs;
    double sum_x, sum_y;
} classes[] = {{'S', 24, -3.247834652034740e3, -6.958407078382297e3},
               {'W', 25, -2.863319731645753e3, -6.320053679109499e3},
               {'A', 28, -4.295875165629892e3, -1.580732573678431e4},
               {'B', 30, 4.033815542441498e4, -2.660669192809235e4},
               {'C', 32, 4.764367927995374e4, -8.084072988043731e4}};

struct Sums {
    double x, y, count[annuli];
};

static const struct Class *find_class(const char *name) {
    for (size_t i = 0; i < sizeof classes / sizeof *classes; ++i)
        if (strlen(name) == 1 && classes[i].name == *name) return &classes[i];
    return NULL;
}

// The state of the generator after that many steps from its seed.
static uint64_t state_after(uint64_t steps) {
    uint64_t state = seed, factor = multiplier;
    for (; steps != 0; steps >>= 1) {
        if (steps & 1) state = state * factor & mask;
        factor = factor * factor & mask;
    }
    return state;
}

static double next(uint64_t *state) { // in (-1, 1)
    *state = *state * multiplier & mask;
    return 2 * ldexp((double)*state, -46) - 1;
}

// Marsaglia's polar method on the pairs of one batch.
static void add_batch(uint64_t batch, struct Sums *sums) {
    uint64_t state = state_after(batch << (log2_batch + 1));
    for (int i = 0; i < 1 << log2_batch; ++i) {
        const double x = next(&state), y = next(&state), t = x * x + y * y;
        if (t > 1) continue;
        const double factor = sqrt(-2 * log(t) / t), a = x * factor, b = y * factor;
        sums->x += a;
        sums->y += b;
        sums->count[(int)fmax(fabs(a), fabs(b))] += 1;
    }
}

static int is_right(double sum, double published) {
    return fabs((sum - published) / published) <= 1e-8;
}

static int report(const struct Class *class, const struct Sums *sums, int size,
                  double time) {
    const int right = is_right(sums->x, class->sum_x) && is_right(sums->y, class->sum_y);
    const int log2_pairs = class->log2_pairs;
    printf("EP class %c: 2^%d pairs on %d processes\n", class->name, log2_pairs, size);
    for (int i = 0; i < annuli; ++i) printf("%3d %14.0f\n", i, sums->count[i]);
    printf("sums %.15e %.15e\n", sums->x, sums->y);
    printf("%.3f s, %.1f million pairs a second\n", time, ldexp(1e-6, log2_pairs) / time);
    printf("Verification: %s\n", right ? "SUCCESSFUL" : "UNSUCCESSFUL");
    return right ? 0 : 1;
}

int main(int argc, char **argv) {
    int rank, size, status = 2;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    const struct Class *class = find_class(argc > 1 ? argv[1] : "S");
    if (class == NULL) {
        if (rank == 0) fprintf(stderr, "usage: ep [S|W|A|B|C]\n");
    } else {
        struct Sums mine = {0}, all;
        MPI_Barrier(MPI_COMM_WORLD);
        const double begin = MPI_Wtime();
        const uint64_t batches = UINT64_C(1) << (class->log2_pairs - log2_batch);
        for (uint64_t i = (uint64_t)rank; i < batches; i += (uint64_t)size)
            add_batch(i, &mine);
        MPI_Allreduce(&mine, &all, 2 + annuli, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
        status = rank == 0 ? report(class, &all, size, MPI_Wtime() - begin) : 0;
    }
    MPI_Finalize();
    return status;
}
