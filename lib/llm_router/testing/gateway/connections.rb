# frozen_string_literal: true

require "set"

class LlmRouter
  module Testing
    class Gateway
      # The connections with a request on them. Safe to share between threads.
      #
      # @api private
      class Connections
        def initialize
          @open = Set.new.compare_by_identity
          @closed = false
          @lock = Mutex.new
        end

        def add(connection)
          @lock.synchronize do
            @open.add(connection)
            connection.release if @closed
          end
        end

        def delete(connection)
          @lock.synchronize { @open.delete(connection) }
        end

        # Ends those that are kept waiting.
        def release
          @lock.synchronize { @open.each(&:release) }
        end

        # Ends those that are kept waiting, and will do so to any that come.
        def close
          @lock.synchronize { @closed = true }
          release
        end
      end
    end
  end
end
