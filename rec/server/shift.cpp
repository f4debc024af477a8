// shift.cpp - a way onto libpmix's thread by its public functions alone.
#include "rec/server/shift.h"

#include "pxlaunch/pmix/info.h"

#include <pmix_server.h>

#include <memory>

namespace px::server {

void on_pmix_thread(std::function<void()> task) {
    // Deregistering a client that nobody knows does nothing, but does it over there, and
    // then calls back (read in 4.2.2, pmix_server.c _deregister_client; tests pass
    // with 5.0.7).
    const pmix_proc_t nobody = pmix::proc("px.nobody", 0);
    PMIx_server_deregister_client(
        &nobody,
        [](pmix_status_t, void *data) {
            const std::unique_ptr<std::function<void()>> run(
                static_cast<std::function<void()> *>(data));
            (*run)();
        },
        new std::function<void()>(std::move(task)));
}

} // namespace px::server
