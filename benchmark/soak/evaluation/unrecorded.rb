# frozen_string_literal: true

module Soak
  class Evaluation
    # The calls that the record may lack: what a killed process had not written yet, what a child could not write and
    # has said so, and a charge that the app made again.
    class Unrecorded
      # Seconds: a round of the recorder, and until it tries again after the database was away.
      WINDOW = 2
      RETRY = 7
      private_constant :WINDOW, :RETRY

      # @param record [RunRecord]
      def initialize(record)
        @record = record
        @tags = [*unended, *unwritten, *said("unwritten"), *said("charge_failed")].to_h { |tag| [tag, true] }
      end

      # @param tag [String] of a call
      # @return [Boolean]
      def include?(tag)
        @tags.key?(tag)
      end

      private

      def said(event)
        @record.all(event).map { |_, tag| tag }
      end

      def unended
        @record.calls.values.select { |call| call.killed && call.ends.empty? }.map(&:tag)
      end

      def unwritten
        over = @record.all("over").select { |process,| @record.killed?(process) }
        over.group_by(&:first).values.flat_map do |ends|
          since = written_until(ends.map { |_, _, at| Float(at) }.max)
          ends.filter_map { |_, tag, at| tag if Float(at) >= since }
        end
      end

      def written_until(last)
        moments = @record.all("database").to_h { |_, what, at| [what, Float(at)] }
        away = moments.size == 2 && last.between?(moments["stopped"], moments["started"] + RETRY)
        (away ? moments["stopped"] : last) - WINDOW
      end
    end
  end
end
