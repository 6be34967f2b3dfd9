# frozen_string_literal: true

require_relative "part"

module Soak
  class Reckoning
    # Whether each call came to an end, and how soon.
    class Calls < Part
      # Seconds: a call's deadline, and what a busy machine may add to it.
      DEADLINE = 3
      SLACK = 2
      private_constant :DEADLINE, :SLACK

      # @return [Array<Row>]
      def rows
        [calls, answers, row("  without an answer, all models failed", count("failure")),
         row("  interrupted", count("interrupted")), odd, *times]
      end

      private

      def count(how)
        books.calls.each_value.count { |call| call.ends == [how] }
      end

      def calls
        wrong = books.calls.reject { |_, call| call.ends.one? || (call.ends.empty? && books.killed?(call.process)) }
        row("calls", books.calls.size,
            complain("there was none", books.calls.empty?) +
            wrong.map { |tag, call| "#{tag} in #{call.process} ended #{call.ends.size} times" })
      end

      # A share of the faults would be all that one model alone leaves unanswered.
      def answers
        ended = count("answer") + count("failure")
        garbled = books.answers.filter_map(&:text)
        row("answers", "#{count('answer')}, #{percent(count('answer'), ended)}",
            complain("fewer than one model alone would give", count("answer") < [ended * (1 - faults), 1].max) + garbled)
      end

      def odd
        found = books.all("odd")
        row("  ended as none may", found.size, found.map { |process, *details| "#{details.compact.join(' ')} in #{process}" })
      end

      def times
        sorted = books.seconds.sort
        p50, p99 = [0.5, 0.99].map { |share| sorted[(sorted.size * share).to_i] || 0 }
        longest = sorted.last || 0
        [row("time of a call: median, 99th percentile", "#{milliseconds(p50)}, #{milliseconds(p99)}",
             complain("the deadline is #{DEADLINE} s", p99 > DEADLINE + (SLACK / 10.0))),
         row("  the longest", milliseconds(longest),
             complain("the deadline is #{DEADLINE} s", longest > DEADLINE + SLACK))]
      end

      def milliseconds(seconds)
        "#{(seconds * 1000).round} ms"
      end
    end
  end
end
