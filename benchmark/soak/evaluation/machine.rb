# frozen_string_literal: true

require_relative "part"

module Soak
  class Evaluation
    # What processes took of the machine: the memory of those that lived through the whole run, and what all that ended
    # by themselves had open then.
    class Machine < Part
      # How much the memory may grow from a tenth of the run to its last fifth. The least of that counts, for a large
      # answer takes more for a moment.
      GROWTH = 1.05
      LAST = %w[80 90 100].freeze
      # Seconds: until then a process fills what it will need all the time.
      WARM = 6
      # Likewise, with Active Record and a pool of connections, each with its statements.
      ROWS_WARM = 60
      # Connections that the driver may lose: if an interrupt comes while one is opened, nothing knows its socket any
      # more. A leak of calls, of which there are hundreds, is more.
      LOST = { "descriptors" => 3 }.freeze
      private_constant :GROWTH, :LAST, :WARM, :ROWS_WARM, :LOST

      # @return [Array<Row>]
      def rows
        [*memory, held("file descriptors", 0, "descriptors"), held("threads", 1, "threads")]
      end

      private

      def memory
        steady = sizes.select { |_, size| size["10"] && size["100"] }
        return [row("memory", "unknown", wrong: ["no process lived through the run"])] if steady.empty?

        steady.sort.map { |name, size| grown(name, size["10"], size.values_at(*LAST).compact.min) }
      end

      # @return [Hash{String => Hash{String => Integer}}] kB, by process and share of the run
      def sizes
        all = record.all("measure").group_by(&:first)
        all.transform_values { |measures| measures.to_h { |_, share, size| [share, Integer(size)] } }
      end

      def grown(name, before, after)
        judged = options.seconds / 10 >= (options.budget ? ROWS_WARM : WARM)
        row("memory of #{name} at 10 % and at the end, MB#{' (not judged so soon)' unless judged}",
            *[before, after].map { |size| format("%.1f", size / 1024.0) },
            wrong: complain("it grew by #{percent(after - before, before)}", judged && after > before * GROWTH))
      end

      def held(what, index, kind)
        left = counts("left", index)
        before = counts("before", index).slice(*left.keys)
        more = left.reject { |name, count| count <= before[name] + lost(kind) }
        row("#{what} at the start and at the end", before.values.sum, left.values.sum,
            wrong: more.map { |name, count| "#{name} had #{before[name]} and then #{count}#{added(name, kind)}" } +
                   complain("no process came to the end", left.empty?))
      end

      def lost(kind)
        options.budget ? LOST.fetch(kind, 0) : 0
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
