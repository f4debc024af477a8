// where.c - MPI: each rank says on which host and hardware threads it runs, after
// MPI_Init, which may have bound it.
#define _GNU_SOURCE
#include <mpi.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

// "0-3,8", as the kernel writes it.
static void cpu_list(char *text, size_t size) {
    cpu_set_t set;
    size_t used = 0;
    text[0] = '\0';
    if (sched_getaffinity(0, sizeof set, &set) != 0) return;
    for (int cpu = 0; cpu < CPU_SETSIZE && used + 24 < size; ++cpu) {
        if (!CPU_ISSET(cpu, &set)) continue;
        int last = cpu;
        while (last + 1 < CPU_SETSIZE && CPU_ISSET(last + 1, &set)) ++last;
        used +=
            (size_t)snprintf(text + used, size - used, last > cpu ? "%s%d-%d" : "%s%d",
                             used == 0 ? "" : ",", cpu, last);
        cpu = last;
    }
}

int main(int argc, char **argv) {
    char host[MPI_MAX_PROCESSOR_NAME + 1], cpus[512];
    int rank, size, length;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    MPI_Get_processor_name(host, &length);
    cpu_list(cpus, sizeof cpus);
    printf("rank %d of %d on %s, cpus %s\n", rank, size, host, cpus);
    MPI_Finalize();
    return 0;
}
