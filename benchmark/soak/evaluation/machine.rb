# frozen_string_literal: true

require_relative "part"

module Soak
  class Evaluation
    # What processes took of the machine: the memory of those that lived through the whole run, and what all that ended
    # by themselves had open then.
    class Machine < Part
      # How much the memory may grow from when a process is warm to the last fifth of the run. The least of that counts,
      # for a large answer takes more for a moment.
      GROWTH = 1.05
      LAST = %w[80 90 100].freeze
      # Calls with which a process fills what it will need all the time, however long they take.
      WARM = 600
      # Likewise, with Active Record and a pool of connections, each with its statements.
      ROWS_WARM = 2_500
      # In which tenth of the run a process may be warm.
      FIRST = %w[10 20 30 40 50].freeze
      private_constant :GROWTH, :LAST, :ROWS_WARM, :FIRST

      # @return [Array<Row>]
      def rows
        [*memory, held("file descriptors", 0, "descriptors"), held("threads", 1, "threads")]
      end

      private

      def memory
        steady = measures.select { |_, all| all["10"] && all["100"] }
        return [row("memory", "unknown", wrong: ["no process lived through the run"])] if steady.empty?

        steady.sort.map { |name, all| grown(name, all, FIRST.find { |share| warm?(all[share]) }) }
      end

      # @return [Hash{String => Hash{String => Array(Integer, Integer)}}] kB, and the calls until then, by process and
      #   share of the run
      def measures
        record.all("measure").group_by(&:first).transform_values do |all|
          all.to_h { |_, share, size, calls| [share, [Integer(size), Integer(calls)]] }
        end
      end

      def warm?(measure)
        measure && measure.last >= (options.budget ? ROWS_WARM : WARM)
      end

      def grown(name, all, share)
        before = all.fetch(share || "10").first
        after = all.values_at(*LAST).compact.map(&:first).min
        row("memory of #{name} at #{share || 10} % and at the end, MB#{' (not judged so soon)' unless share}",
            *[before, after].map { |size| format("%.1f", size / 1024.0) },
            wrong: complain("it grew by #{percent(after - before, before)}", share && after > before * GROWTH))
      end

      def held(what, index, kind)
        left = counts("left", index)
        before = counts("before", index).slice(*left.keys)
        more = left.reject { |name, count| count <= before[name] + lost(name, kind) }
        row("#{what} at the start and at the end", before.values.sum, left.values.sum,
            wrong: more.map { |name, count| "#{name} had #{before[name]} and then #{count}#{added(name, kind)}" } +
                   complain("no process came to the end", left.empty?))
      end

      # @return [Integer] connections that the driver has lost: see {Rows.note_cut_off_openings}
      def lost(process, kind)
        kind == "descriptors" ? record.all("cut_off").count { |name,| name == process } : 0
      end

      # @return [String] those that were not there at the start
      def added(process, kind)
        all = record.all("added").filter_map { |name, of, what| what.tr("_", " ") if name == process && of == kind }
        all.any? ? ": #{all.join(', ')}" : ""
      end

      def counts(event, index)
        record.all(event).to_h { |name, *counts| [name, counts[index].to_i] }
      end
    end
  end
end
