// pmix_spawn.c - rank 0 starts a second job of N children (default 2); both jobs connect,
// meet and part.
#include <limits.h>
#include <pmix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pmix_proc_t me;

static void must(pmix_status_t status, const char *what) {
    if (status == PMIX_SUCCESS) return;
    fprintf(stderr, "pmix_spawn: %s: %s\n", what, PMIx_Error_string(status));
    exit(1);
}

static void meet(pmix_proc_t other) {
    pmix_proc_t both[2] = {me, other};
    both[0].rank = both[1].rank = PMIX_RANK_WILDCARD;
    must(PMIx_Connect(both, 2, NULL, 0), "PMIx_Connect");
    must(PMIx_Disconnect(both, 2, NULL, 0), "PMIx_Disconnect");
}

static pmix_proc_t spawn(int children) {
    char self[PATH_MAX + 1] = "";
    if (readlink("/proc/self/exe", self, PATH_MAX) < 0) exit(1);
    pmix_app_t app;
    PMIX_APP_CONSTRUCT(&app);
    app.cmd = strdup(self);
    app.argv = calloc(3, sizeof(char *));
    app.argv[0] = strdup(self);
    app.argv[1] = strdup("child"); // it never spawns, whatever the server tells it
    app.maxprocs = children;
    pmix_proc_t job = {.rank = PMIX_RANK_WILDCARD};
    must(PMIx_Spawn(NULL, 0, &app, 1, job.nspace), "PMIx_Spawn");
    PMIX_APP_DESTRUCT(&app);
    return job;
}

int main(int argc, char **argv) {
    must(PMIx_Init(&me, NULL, 0), "PMIx_Init");
    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        pmix_value_t *parent;
        must(PMIx_Get(&me, PMIX_PARENT_ID, NULL, 0, &parent), PMIX_PARENT_ID);
        printf("child %u\n", me.rank);
        fflush(stdout);
        meet(*parent->data.proc);
        PMIX_VALUE_RELEASE(parent);
    } else if (me.rank == 0) { // the job that spawns has one rank here
        meet(spawn(argc > 1 ? atoi(argv[1]) : 2));
        printf("parent met its children\n");
        fflush(stdout);
    }
    must(PMIx_Finalize(NULL, 0), "PMIx_Finalize");
    return 0;
}
