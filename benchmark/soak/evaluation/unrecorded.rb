# frozen_string_literal: true

module Soak
  class Evaluation
    # The calls that the record may lack: what a killed process had not written yet, or one that ended as the machine
    # stood still; what a child could not write and has said so; and a charge that the app made again.
    class Unrecorded
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

      # @param call [RunRecord::Call]
      # @return [Boolean] whether a charge of it may have failed, and not have been made again
      def failed_charge?(call)
        call.ends == %w[interrupted] && call.rows.any? && failed_charges.key?(call.tag)
      end

      private

      # @return [Hash{String => Boolean}] calls that said so, or ended while the database was away
      def failed_charges
        @failed_charges ||= begin
          away = @record.calls.values.select { |call| Outage.before?(@record, call, call.over) }
          [*said("charge_failed"), *away.map(&:tag)].to_h { |tag| [tag, true] }
        end
      end

      def said(event)
        @record.all(event).map { |_, tag| tag }
      end

      def unended
        @record.calls.values.select { |call| call.killed && call.ends.empty? }.map(&:tag)
      end

      def unwritten
        over = @record.all("over").select { |process, _, _, pid| @record.killed?(process) || unfinished?(process, pid) }
        over.filter_map { |process, tag, at, pid| tag if Float(at) >= written.fetch([process, pid], 0) }
      end

      # A process has a second for it.
      def unfinished?(process, pid)
        @unfinished ||= @record.all("unfinished").filter_map do |name, began, ended, id|
          [name, id] if stalled?(Float(began), Float(ended))
        end
        @unfinished.include?([process, pid])
      end

      def stalled?(from, to)
        @record.stalls.any? { |began, ended| began <= to && ended >= from }
      end

      # @return [Hash{Array(String, String) => Float}] since when a process, or a child of it, last wrote all
      def written
        @written ||= @record.all("written").to_h { |process, at, pid| [[process, pid], Float(at)] }
      end
    end
  end
end
