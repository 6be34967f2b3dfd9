# frozen_string_literal: true

require_relative "../request"
require_relative "connection"

class LlmRouter
  module Testing
    class Gateway
      # A request being served. It is replied to through Puma, or its connection is taken away from Puma so that
      # anything can be done to it.
      #
      # @api private
      class Exchange
        TAKEN = [-1, {}, []].freeze

        attr_reader :request

        def initialize(env, journal:, connections:)
          @env = env
          @journal = journal
          @connections = connections
          @connection = Connection.new(env.fetch("puma.socket"))
          @request = Request.from(env)
          @taken = false
        end

        # The connection is known before the request is, so that whoever has seen the request can release it.
        #
        # @yieldparam exchange [Exchange] self
        # @return [Array] what the block returned, for Puma
        def run
          @connections.add(@connection)
          @journal.record(request)
          yield self
        ensure
          @connections.delete(@connection) unless @taken
        end

        # @return [Array] the reply, for Puma
        def reply(reply)
          @journal.bill(request, reply.cost_usd)
          reply.to_rack
        end

        # Waits, or ends the exchange should the client not.
        #
        # @return [Array, nil] for Puma; nil when the client is still there
        def pause(seconds)
          return unless seconds.positive?

          ended = @connection.held { @connection.rest(seconds) }
          take { ended } if ended
        end

        # Takes the connection away from Puma for the block, which has a thread of its own and after which it is closed.
        #
        # @yieldparam connection [Connection]
        # @yieldreturn [Object] `:left` or `:released` when the connection has ended by itself
        # @return [Array] for Puma
        def take(&fault)
          @env.fetch("rack.hijack").call
          @taken = true
          Thread.new { suffer(fault) }
          TAKEN
        end

        # Replies as if to keep the connection alive, and then calls `ending` on it.
        def reply_and_end(reply, ending)
          take do |connection|
            @journal.bill(request, reply.cost_usd)
            connection.write(reply.head + reply.body)
            connection.public_send(ending)
          end
        end

        # Sends newlines until the seconds are over (nil: never), then the answer.
        def drip(answer, every:, seconds:)
          reply = answer.reply(request)
          take do |connection|
            connection.begin_chunks(reply.headers)
            connection.drip(every:, seconds:) || finish_drip(connection, reply)
          end
        end

        private

        def finish_drip(connection, reply)
          @journal.bill(request, reply.cost_usd)
          connection.write_chunk(reply.body)
          connection.write_chunk("")
        end

        def suffer(fault)
          ended = @connection.held { fault.call(@connection) }
        rescue SystemCallError, IOError
          ended = @connection.ended
        ensure
          @connection.close
          @connections.delete(@connection)
          @journal.note(%i[left released].include?(ended) ? ended : :hung_up, request)
        end
      end
    end
  end
end
