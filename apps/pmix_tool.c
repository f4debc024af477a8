// pmix_tool.c - the least tool that runs a job: "pmix_tool URI COMMAND" attaches, spawns
// one process, waits for the event that this job has ended (a server tells a new tool of
// jobs before it, too), and leaves. With quick acknowledgements, without which a message
// to or from the server takes 40 ms, and without any of what makes sure that the event
// comes: tests/bench compares with it what pxlaunch costs.
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pmix_tool.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static pmix_nspace_t *ended; // the jobs that have, in the order of the events
static size_t ended_count;

// Found before the C library's.
ssize_t read(int fd, void *bytes, size_t size) {
    ssize_t got = syscall(SYS_read, fd, bytes, size);
    int saved = errno, one = 1;
    if (got > 0) setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &one, sizeof one);
    errno = saved;
    return got;
}

static void send_at_once(void) {
    int one = 1;
    for (int fd = 3; fd < 64; ++fd)
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void on_event(size_t handler, pmix_status_t status, const pmix_proc_t *source,
                     pmix_info_t info[], size_t count, pmix_info_t *results,
                     size_t result_count, pmix_event_notification_cbfunc_fn_t answer,
                     void *data) {
    (void)handler, (void)status, (void)source, (void)results, (void)result_count;
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < count; ++i) {
        if (!PMIX_CHECK_KEY(&info[i], PMIX_EVENT_AFFECTED_PROC)) continue;
        ended = realloc(ended, (ended_count + 1) * sizeof *ended);
        PMIX_LOAD_NSPACE(ended[ended_count++], info[i].value.data.proc->nspace);
    }
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    if (answer != NULL) answer(PMIX_EVENT_ACTION_COMPLETE, NULL, 0, NULL, NULL, data);
}

static void fail(const char *what, pmix_status_t status) {
    fprintf(stderr, "pmix_tool: %s: %s\n", what, PMIx_Error_string(status));
    exit(1);
}

static int has_ended(const char *nspace) {
    for (size_t i = 0; i < ended_count; ++i)
        if (PMIX_CHECK_NSPACE(ended[i], nspace)) return 1;
    return 0;
}

static void spawn(char **argv, pmix_nspace_t nspace) {
    pmix_app_t app;
    pmix_info_t infos[2];
    bool yes = true;
    PMIX_APP_CONSTRUCT(&app);
    app.cmd = argv[0];
    app.argv = argv;
    app.maxprocs = 1;
    PMIX_INFO_LOAD(&infos[0], PMIX_NOTIFY_COMPLETION, &yes, PMIX_BOOL);
    PMIX_INFO_LOAD(&infos[1], PMIX_BINDTO, "none", PMIX_STRING);
    pmix_status_t status = PMIx_Spawn(infos, 2, &app, 1, nspace);
    if (status != PMIX_SUCCESS) fail("PMIx_Spawn", status);
}

int main(int argc, char **argv) {
    pmix_proc_t self;
    pmix_info_t info;
    pmix_nspace_t nspace;
    pmix_status_t job_end = PMIX_EVENT_JOB_END;
    if (argc < 3) {
        fprintf(stderr, "usage: pmix_tool URI COMMAND [ARG...]\n");
        return 2;
    }
    PMIX_INFO_LOAD(&info, PMIX_SERVER_URI, argv[1], PMIX_STRING);
    pmix_status_t status = PMIx_tool_init(&self, &info, 1);
    if (status != PMIX_SUCCESS) fail("PMIx_tool_init", status);
    send_at_once();
    status = PMIx_Register_event_handler(&job_end, 1, NULL, 0, on_event, NULL, NULL);
    if (status < 0) fail("PMIx_Register_event_handler", status);
    spawn(argv + 2, nspace);
    pthread_mutex_lock(&lock);
    while (!has_ended(nspace)) pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
    fflush(NULL);
    _exit(0); // as pxlaunch does
}
