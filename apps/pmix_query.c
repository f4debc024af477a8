// pmix_query.c - asks the server what it runs: the namespaces, and every process of our
// own job.
#include <pmix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(pmix_status_t status, const char *what) {
    if (status == PMIX_SUCCESS) return;
    fprintf(stderr, "pmix_query: %s: %s\n", what, PMIx_Error_string(status));
    exit(1);
}

// The value of `key`; about one namespace, or about the server where it is NULL.
static pmix_info_t *ask(const char *key, const char *nspace) {
    pmix_query_t query;
    PMIX_QUERY_CONSTRUCT(&query);
    query.keys = calloc(2, sizeof(char *));
    query.keys[0] = strdup(key);
    if (nspace != NULL) {
        PMIX_QUERY_QUALIFIERS_CREATE(&query, 1);
        PMIX_INFO_LOAD(&query.qualifiers[0], PMIX_NSPACE, nspace, PMIX_STRING);
    }
    pmix_info_t *answer = NULL;
    size_t count = 0;
    must(PMIx_Query_info(&query, 1, &answer, &count), key);
    PMIX_QUERY_DESTRUCT(&query);
    if (count == 0) must(PMIX_ERR_NOT_FOUND, key);
    return answer;
}

int main(void) {
    pmix_proc_t me;
    must(PMIx_Init(&me, NULL, 0), "PMIx_Init");

    pmix_info_t *names = ask(PMIX_QUERY_NAMESPACES, NULL);
    printf("namespaces %s\n", names->value.data.string);
    PMIX_INFO_FREE(names, 1);

    pmix_info_t *table = ask(PMIX_QUERY_PROC_TABLE, me.nspace);
    const pmix_data_array_t *rows = table->value.data.darray;
    const pmix_proc_info_t *row = rows->array;
    for (size_t i = 0; i < rows->size; ++i)
        printf("process %u on %s, pid %d, %s\n", row[i].proc.rank, row[i].hostname,
               row[i].pid, PMIx_Proc_state_string(row[i].state));
    fflush(stdout);
    PMIX_INFO_FREE(table, 1);

    must(PMIx_Finalize(NULL, 0), "PMIx_Finalize");
    return 0;
}
