# frozen_string_literal: true

require_relative "part"

module Soak
  class Evaluation
    # Whether each call came to an end, and how soon.
    class Calls < Part
      # Seconds: a call's deadline, and what an idle machine may add to it: to one call in a hundred, or to any.
      DEADLINE = 3
      SLACK = { usual: 0.2, most: 2 }.freeze
      # Likewise of calls that are charged to rows, of which more than one in a hundred meets the database's restart.
      ROWS_SLACK = { usual: 10, most: 10 }.freeze
      # A call whose deadline nothing enforces takes {Exchange::CLOSING_TIMEOUT}, however slow the machine is.
      MOST = 45
      private_constant :DEADLINE, :SLACK, :ROWS_SLACK, :MOST

      # @return [Array<Row>]
      def rows
        [calls, answers, row("  without one, for all models failed", failures.count(&:heard)),
         row("  without one, for the gateway was away", failures.size - failures.count(&:heard)),
         row("  interrupted", ended("interrupted").size), odd, times, longest]
      end

      private

      def ended(how)
        record.calls.values.select { |call| call.ends == [how] }
      end

      def failures
        @failures ||= ended("failure")
      end

      def calls
        wrong = record.calls.values.reject { |call| call.ends.one? || (call.ends.empty? && call.killed) }
        row("calls", record.calls.size,
            wrong: wrong.map { |call| "#{call.tag} in #{call.process} ended #{call.ends.size} times" })
      end

      # The share of the faults is what one model alone would leave unanswered.
      def answers
        answers = ended("answer").size
        heard = answers + failures.count(&:heard)
        few = answers < [heard * (1 - options.faults), 1].max
        row("answers, and their share where the gateway was there", answers, percent(answers, heard),
            wrong: complain("one model alone would give more", few) + record.answers.filter_map(&:text))
      end

      def odd
        found = record.all("odd")
        row("  ended as none may", found.size,
            wrong: found.map { |process, _, *what| "#{what.compact.join(' ')} in #{process}" })
      end

      def times
        p50, p99 = [0.5, 0.99].map { |share| seconds[(seconds.size * share).to_i] || 0 }
        row("time of a call: median, 99th percentile", milliseconds(p50), milliseconds(p99),
            wrong: late(p99, limit(:usual)))
      end

      def longest
        longest = seconds.last || 0
        row("  the longest, and its limit on this machine", milliseconds(longest), milliseconds(limit(:most)),
            wrong: late(longest, limit(:most)))
      end

      # The slack of an idle machine is stretched as any work was.
      def limit(which)
        slack = (options.budget ? ROWS_SLACK : SLACK).fetch(which)
        [DEADLINE + (slack * record.pace), MOST].min
      end

      def late(seconds, limit)
        complain("the deadline is #{DEADLINE} s, and no call may take #{limit.round(1)} s", seconds > limit)
      end

      def seconds
        @seconds ||= record.seconds.sort
      end

      def milliseconds(seconds)
        "#{(seconds * 1000).round} ms"
      end
    end
  end
end
