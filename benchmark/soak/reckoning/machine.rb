# frozen_string_literal: true

require_relative "part"

module Soak
  class Reckoning
    # What the processes that lived through the whole run took of the machine.
    class Machine < Part
      # How much the memory may grow from a tenth of the run to its end.
      GROWTH = 1.05
      private_constant :GROWTH

      # @return [Array<Row>]
      def rows
        [*memory, *left]
      end

      private

      def memory
        sizes = books.all("measure").group_by(&:first).transform_values { |all| all.to_h { |_, share, size| [share, Integer(size)] } }
        steady = sizes.select { |_, size| size["10"] && size["100"] }
        return [row("memory", "unknown", ["nobody lived from a tenth of the run to its end"])] if steady.empty?

        steady.sort.map { |name, size| grown(name, size) }
      end

      def grown(name, size)
        row("memory of #{name} at 10 % and 100 %, MB", "#{megabytes(size['10'])}, #{megabytes(size['100'])}",
            complain("by #{percent(size['100'] - size['10'], size['10'])}", size["100"] > size["10"] * GROWTH))
      end

      def left
        before, left = %w[before left].map { |event| books.all(event).to_h { |name, *held| [name, held.map { |n| Integer(n) }] } }
        return [row("file descriptors and threads", "unknown", ["nobody came to the end"])] if left.empty?

        %w[descriptors threads].each_with_index.map do |what, index|
          wrong = left.select { |name, held| held[index] > before.fetch(name)[index] }
          row("#{what} at the start and at the end", "#{total(before.slice(*left.keys), index)}, #{total(left, index)}",
              wrong.keys.map { |name| "#{name}: #{before[name][index]}, then #{left[name][index]}" })
        end
      end

      def total(held, index)
        held.values.sum { |each| each[index] }
      end

      def megabytes(kilobytes)
        format("%.1f", kilobytes / 1024.0)
      end
    end
  end
end
