// init_finalize.c - an MPI program that only starts and ends; rank 0 prints what it found
// and how long it took.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

// The silent failure of this field: N programs that each believe to be alone.
static void refuse_to_be_alone(int size) {
    const char *meant = getenv("PXLAUNCH_SIZE");
    if (meant == NULL || size == atoi(meant)) return;
    fprintf(stderr, "init_finalize: MPI says 0 of %d although PXLAUNCH_SIZE says %s\n",
            size, meant);
    fflush(stderr);
    exit(1); // not MPI_Abort: this MPI has no launcher that would hear it
}

int main(int argc, char **argv) {
    double t0 = now();
    MPI_Init(&argc, &argv);
    double t1 = now();
    int rank, size;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    refuse_to_be_alone(size);

    MPI_Comm node;
    MPI_Comm_split_type(MPI_COMM_WORLD, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
    int local_rank, local_size, most = 0, nodes = 0;
    MPI_Comm_rank(node, &local_rank);
    MPI_Comm_size(node, &local_size);
    int first = local_rank == 0;
    MPI_Reduce(&local_size, &most, 1, MPI_INT, MPI_MAX, 0, MPI_COMM_WORLD);
    MPI_Reduce(&first, &nodes, 1, MPI_INT, MPI_SUM, 0, MPI_COMM_WORLD);
    MPI_Comm_free(&node);

    double t2 = now();
    MPI_Barrier(MPI_COMM_WORLD);
    double t3 = now();
    MPI_Finalize();
    double t4 = now();
    if (rank != 0) return 0;
    printf("%d processes, up to %d per node, %d %s\n", size, most, nodes,
           nodes == 1 ? "node" : "nodes");
    printf("init %.1f ms, barrier %.3f ms, finalize %.1f ms\n", t1 - t0, t3 - t2,
           t4 - t3);
    return 0;
}
