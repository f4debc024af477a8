#pragma once
// Several streams of bytes merged into one, line by line: a line of one source is never
// broken by another's unless it stayed unfinished. Pure: no descriptor, no clock of its
// own.

#include "pxlaunch/base/loop.h"

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace px::drive {

// Where merged bytes go. `credit` is the number of source bytes among the pieces
// (prefixes are not source bytes); the sink reports it to its owner once the pieces are
// written.
class Sink {
  public:
    virtual ~Sink() = default;
    virtual void write(std::span<const std::string_view> pieces, std::size_t credit) = 0;
    [[nodiscard]] virtual std::size_t pending() const = 0; // bytes it still holds
};

class Lines {
  public:
    struct Style {
        bool tag = false;                   // each line starts with its source's tag
        std::function<std::string()> stamp; // text before the tag, or empty
    };
    using Source = std::size_t;
    using Time = Clock::time_point;

    Lines(Sink &sink, Style style);

    // While a merger is "alone" its bytes pass straight through, unless lines are
    // prefixed.
    void set_alone(bool alone) { alone_ = alone; }
    Source add(std::string tag);

    void take(Source source, std::string_view bytes, Time now);
    void end(Source source); // nothing more is coming: its unfinished line is written
    void end_all();
    // A whole line that belongs to no source, without its newline.
    void interject(std::string_view line);

    // Writes unfinished lines that are older than `limit`; the time of the oldest one
    // left.
    std::optional<Time> flush_older(Time limit);
    // Unfinished lines count as new: nothing can be written now anyway.
    void touch(Time now);
    [[nodiscard]] bool holds_any() const { return held_ != 0; }
    [[nodiscard]] Sink &sink() { return sink_; }

  private:
    struct State {
        std::string tag;
        std::string partial;     // held: begins a line, or goes on with one
        Time since;              // of the partial
        bool was_closed = false; // its last line got a newline that it did not write
    };

    [[nodiscard]] bool prefixed() const { return style_.tag || style_.stamp; }
    void hold(State &state, std::string_view bytes, Time now);
    void emit(Source source, std::string_view bytes);
    void emit_prefixed(Source source, std::string_view bytes);
    void emit_plain(Source source, std::string_view bytes);
    void append_prefix(const State &state);

    static constexpr Source nobody = static_cast<Source>(-1);

    Sink &sink_;
    Style style_;
    bool alone_ = false;
    std::vector<State> sources_;
    Source open_ = nobody; // whose line the sink is in the middle of
    std::size_t held_ = 0; // sources with a partial line
    std::string scratch_;  // of emit_prefixed
};

} // namespace px::drive
