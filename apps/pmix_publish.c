// pmix_publish.c - rank 0 publishes a value, every other rank waits for it by name, rank
// 0 takes it back.
#include <pmix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char key[] = "publish.greeting";

static void must(pmix_status_t status, const char *what) {
    if (status == PMIX_SUCCESS) return;
    fprintf(stderr, "pmix_publish: %s: %s\n", what, PMIx_Error_string(status));
    exit(1);
}

static void publish(void) {
    pmix_info_t info;
    PMIX_INFO_LOAD(&info, key, "hello from rank 0", PMIX_STRING);
    usleep(100000); // the others shall be waiting already: that is what is shown
    must(PMIx_Publish(&info, 1), "PMIx_Publish");
    PMIX_INFO_DESTRUCT(&info);
}

static void look_up(unsigned rank) {
    pmix_pdata_t found;
    PMIX_PDATA_CONSTRUCT(&found);
    strncpy(found.key, key, PMIX_MAX_KEYLEN);
    bool wait = true;
    pmix_info_t info;
    PMIX_INFO_LOAD(&info, PMIX_WAIT, &wait, PMIX_BOOL);
    must(PMIx_Lookup(&found, 1, &info, 1), "PMIx_Lookup");
    printf("rank %u found '%s' of rank %u\n", rank, found.value.data.string,
           found.proc.rank);
    fflush(stdout);
    PMIX_PDATA_DESTRUCT(&found);
}

int main(void) {
    pmix_proc_t me;
    must(PMIx_Init(&me, NULL, 0), "PMIx_Init");
    if (me.rank == 0)
        publish();
    else
        look_up(me.rank);
    must(PMIx_Fence(NULL, 0, NULL, 0), "PMIx_Fence");
    if (me.rank == 0) {
        char *keys[] = {(char *)key, NULL};
        must(PMIx_Unpublish(keys, NULL, 0), "PMIx_Unpublish");
    }
    must(PMIx_Finalize(NULL, 0), "PMIx_Finalize");
    return 0;
}
