// pmix_hello.c - a plain PMIx client: who am I, who is here, and a value passed to the
// next rank.
#include <pmix.h>
#include <stdio.h>
#include <stdlib.h>

static void must(pmix_status_t status, const char *what) {
    if (status == PMIX_SUCCESS) return;
    fprintf(stderr, "pmix_hello: %s: %s\n", what, PMIx_Error_string(status));
    exit(1);
}

// A number that the server keeps about the whole job.
static unsigned job_number(const pmix_proc_t *me, const char *key) {
    pmix_proc_t job = *me;
    job.rank = PMIX_RANK_WILDCARD;
    pmix_value_t *value;
    must(PMIx_Get(&job, key, NULL, 0, &value), key);
    unsigned number = value->data.uint32;
    PMIX_VALUE_RELEASE(value);
    return number;
}

int main(void) {
    pmix_proc_t me;
    must(PMIx_Init(&me, NULL, 0), "PMIx_Init");
    unsigned size = job_number(&me, PMIX_JOB_SIZE);
    unsigned local = job_number(&me, PMIX_LOCAL_SIZE);
    pmix_proc_t *peers;
    size_t npeers;
    must(PMIx_Resolve_peers(NULL, me.nspace, &peers, &npeers), "PMIx_Resolve_peers");

    pmix_value_t mine = {.type = PMIX_UINT32, .data.uint32 = 100 + me.rank};
    must(PMIx_Put(PMIX_GLOBAL, "hello.number", &mine), "PMIx_Put");
    must(PMIx_Commit(), "PMIx_Commit");
    bool collect = true;
    pmix_info_t info;
    PMIX_INFO_LOAD(&info, PMIX_COLLECT_DATA, &collect, PMIX_BOOL);
    must(PMIx_Fence(NULL, 0, &info, 1), "PMIx_Fence");

    pmix_proc_t next = me;
    next.rank = (me.rank + 1) % size;
    pmix_value_t *theirs;
    must(PMIx_Get(&next, "hello.number", NULL, 0, &theirs), "PMIx_Get");
    printf("rank %u of %u, %u local, %zu peers, rank %u says %u\n", me.rank, size, local,
           npeers, next.rank, theirs->data.uint32);
    fflush(stdout);
    int wrong = theirs->data.uint32 != 100 + next.rank || npeers != local;
    PMIX_VALUE_RELEASE(theirs);
    must(PMIx_Finalize(NULL, 0), "PMIx_Finalize");
    return wrong;
}
