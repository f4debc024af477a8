// module.cpp - the table of upcalls.
#include "rec/server/upcalls.h"

namespace px::server {

pmix_server_module_t &upcall_module() {
    static pmix_server_module_t module = [] {
        pmix_server_module_t table{};
        table.client_connected2 = on_client_connected;
        table.client_finalized = on_client_finalized;
        table.connect = on_connect;
        table.disconnect = on_connect;
        table.tool_connected = on_tool_connected;
        table.abort = on_abort;
        table.fence_nb = on_fence;
        table.direct_modex = on_direct_modex;
        table.publish = on_publish;
        table.lookup = on_lookup;
        table.unpublish = on_unpublish;
        table.spawn = on_spawn;
        table.register_events = on_register_events;
        table.deregister_events = on_deregister_events;
        table.notify_event = on_notify;
        table.iof_pull = on_iof_pull;
        table.push_stdin = on_stdin;
        table.job_control = on_job_control;
        table.query = on_query;
        return table;
    }();
    return module;
}

} // namespace px::server
