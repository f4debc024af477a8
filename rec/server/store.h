#pragma once
// The data that processes publish and look up by key (PMIx_Publish, MPI's port names): it
// lives as long as the server, or until it is unpublished or its publisher's job ends.
// A lookup that may wait is answered when the last of its keys arrives.

#include "rec/jobs/job.h"

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace px::server {

class Store {
  public:
    // A published value, opaque here: whoever publishes knows how to free it.
    using Value = std::shared_ptr<void>;
    struct Found {
        jobs::Peer publisher;
        std::string key;
        Value value;
    };
    // An empty list: not there, and the lookup did not want to wait.
    using Answer = std::function<void(const std::vector<Found> &)>;

    // False if the key is taken.
    bool publish(const jobs::Peer &by, const std::string &key, Value value);
    void look_up(const jobs::Peer &by, std::vector<std::string> keys, bool wait,
                 Answer answer);
    void unpublish(const jobs::Peer &by,
                   const std::vector<std::string> &keys); // empty: all
    void forget_job(const std::string &nspace); // its values, and its waiting look-ups

  private:
    struct Waiting {
        jobs::Peer by;
        std::vector<std::string> keys;
        Answer answer;
    };
    [[nodiscard]] std::vector<Found> find(const std::vector<std::string> &keys) const;

    std::map<std::string, Found> values_;
    std::list<Waiting> waiting_;
};

} // namespace px::server
