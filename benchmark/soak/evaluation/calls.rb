# frozen_string_literal: true

require_relative "part"

module Soak
  class Evaluation
    # Whether each call came to an end, and how soon.
    class Calls < Part
      # Seconds: what a call may take. Its deadline is 3 s, the rest is for a busy machine and the database's restart. A
      # call whose deadline nothing enforces takes {Exchange::CLOSING_TIMEOUT}, however fast the machine is.
      LIMIT = 45
      private_constant :LIMIT

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

      # The share of the faults is what one model alone would leave unanswered. A call during which the machine stood
      # still has no time left for its other models.
      def answers
        all = ended("answer")
        answers = undisturbed(all)
        heard = answers + undisturbed(failures.select(&:heard))
        few = answers < heard * (1 - options.faults) || all.empty?
        row("answers, and their share where the gateway was there", all.size, percent(answers, heard),
            wrong: complain("one model alone would give more", few) + record.answers.filter_map(&:text))
      end

      def undisturbed(calls)
        calls.count { |call| record.stalls.none? { |moments| call.during?(*moments) } }
      end

      def odd
        found = record.all("odd")
        row("  ended as none may", found.size,
            wrong: found.map { |process, _, *what| "#{what.compact.join(' ')} in #{process}" })
      end

      def times
        p50, p99 = [0.5, 0.99].map { |share| seconds[(seconds.size * share).to_i] || 0 }
        row("time of a call: median, 99th percentile", milliseconds(p50), milliseconds(p99))
      end

      def longest
        longest = seconds.last || 0
        row("  the longest", milliseconds(longest),
            wrong: complain("its deadline was not enforced: no call may take #{LIMIT} s", longest > LIMIT))
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
