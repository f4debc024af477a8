#pragma once
// The data that processes publish and look up by key (PMIx_Publish, MPI's port names): it
// lives as long as the server, or until it is unpublished, its publisher's job ends, or
// it has been read if it was published for one reader. A lookup that may wait is answered
// when the last of its keys arrives.

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
    enum class For { all, first_reader };
    // An empty list: not there, and the lookup did not want to wait, or no longer.
    using Answer = std::function<void(const std::vector<Found> &)>;

    // False if the key is taken.
    bool publish(const jobs::Peer &by, const std::string &key, Value value,
                 For readers = For::all);
    // A number for give_up(), or 0 if it was answered at once.
    unsigned look_up(const jobs::Peer &by, std::vector<std::string> keys, bool wait,
                     Answer answer);
    void give_up(unsigned number); // an answered one: nothing happens
    void unpublish(const jobs::Peer &by,
                   const std::vector<std::string> &keys); // empty: all
    void forget_peer(const jobs::Peer &lost);             // its waiting look-ups
    void forget_job(const std::string &nspace); // its values, and its waiting look-ups

  private:
    struct Kept {
        Found found;
        For readers;
    };
    struct Waiting {
        unsigned number;
        jobs::Peer by;
        std::vector<std::string> keys;
        Answer answer;
    };
    [[nodiscard]] bool has_all(const std::vector<std::string> &keys) const;
    std::vector<Found> take(const std::vector<std::string> &keys);

    std::map<std::string, Kept> values_;
    unsigned last_number_ = 0;
    std::list<Waiting> waiting_;
};

} // namespace px::server
