// nodes.cpp - on which nodes a foreign server has its daemons.
#include "pxlaunch/pmix/info.h"
#include "pxlaunch/pmix/settings.h"
#include "pxlaunch/tool/session.h"

#include <fmt/format.h>
#include <pmix_tool.h>

#include <algorithm>

namespace px::tool {

namespace {

struct NodesAsked {
    pmix_query_t *query = nullptr;
    Session::Nodes done;

    explicit NodesAsked(const std::string &server) {
        PMIX_QUERY_CREATE(query, 1);
        query->keys = pmix::to_argv({PMIX_QUERY_PROC_TABLE});
        PMIX_INFO_CREATE(query->qualifiers, 1);
        query->nqual = 1;
        PMIX_INFO_LOAD(&query->qualifiers[0], PMIX_NSPACE, server.c_str(), PMIX_STRING);
    }
    NodesAsked(const NodesAsked &) = delete;
    NodesAsked &operator=(const NodesAsked &) = delete;
    ~NodesAsked() { PMIX_QUERY_FREE(query, 1); }
};

// The processes of the server's own namespace are its daemons, one on each node.
std::vector<std::string> hosts_in(const pmix_info_t *infos, std::size_t count) {
    std::vector<std::string> hosts;
    for (std::size_t i = 0; i < count; ++i) {
        const pmix_value_t &value = infos[i].value;
        if (value.type != PMIX_DATA_ARRAY || value.data.darray == nullptr ||
            value.data.darray->type != PMIX_PROC_INFO)
            continue;
        const auto *procs =
            static_cast<const pmix_proc_info_t *>(value.data.darray->array);
        for (std::size_t j = 0; j < value.data.darray->size; ++j) {
            const std::string host =
                procs[j].hostname != nullptr ? procs[j].hostname : "";
            if (!host.empty() &&
                std::find(hosts.begin(), hosts.end(), host) == hosts.end())
                hosts.push_back(host);
        }
    }
    return hosts;
}

} // namespace

void Session::nodes(Nodes done) {
    auto *asked = new NodesAsked(server_);
    asked->done = std::move(done);
    const auto answered = [](pmix_status_t status, pmix_info_t *infos, std::size_t count,
                             void *data, pmix_release_cbfunc_t release,
                             void *release_data) {
        const std::shared_ptr<NodesAsked> owned(static_cast<NodesAsked *>(data));
        const auto hosts = hosts_in(infos, count);
        if (release != nullptr) release(release_data);
        post_to_session([owned, status, hosts](Session &) {
            if (!hosts.empty()) return owned->done(hosts);
            owned->done(cannot_run(fmt::format("the server does not tell its nodes: {}",
                                               pmix::status_text(status))));
        });
    };
    const auto status = PMIx_Query_info_nb(asked->query, 1, answered, asked);
    if (status != PMIX_SUCCESS) answered(status, nullptr, 0, asked, nullptr, nullptr);
}

} // namespace px::tool
