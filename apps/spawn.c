// spawn.c - MPI_Comm_spawn: the first job starts N children of itself (default 2), and
// all add up their numbers.
#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv) {
    int children = argc > 1 ? atoi(argv[1]) : 2;
    MPI_Init(&argc, &argv);
    MPI_Comm between, all;
    MPI_Comm_get_parent(&between);
    int is_child = between != MPI_COMM_NULL;
    if (!is_child) {
        char self[PATH_MAX + 1] = "";
        if (readlink("/proc/self/exe", self, PATH_MAX) < 0) return 1;
        MPI_Comm_spawn(self, MPI_ARGV_NULL, children, MPI_INFO_NULL, 0, MPI_COMM_WORLD,
                       &between, MPI_ERRCODES_IGNORE);
    }
    MPI_Intercomm_merge(between, is_child, &all); // parents first

    int rank, size, one = 1, sum = 0;
    MPI_Comm_rank(all, &rank);
    MPI_Comm_size(all, &size);
    MPI_Allreduce(&one, &sum, 1, MPI_INT, MPI_SUM, all);
    printf("%s %d of %d, sum %d\n", is_child ? "child" : "parent", rank, size, sum);
    fflush(stdout);

    MPI_Comm_free(&all);
    MPI_Comm_disconnect(&between);
    MPI_Finalize();
    return sum == size ? 0 : 1;
}
